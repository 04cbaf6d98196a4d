import { useAuth, useAuthStore, type Account } from "@authkit-desktop/react";
import { useEffect, useState } from "react";

/** Everybody who is signed in to the app; asked again when somebody comes, goes, or takes over. */
export function useAccounts(): Account[] {
  const { actions } = useAuthStore();
  const { status, sessionId } = useAuth();
  const [accounts, setAccounts] = useState<Account[]>([]);
  useEffect(() => {
    if (status === "loading") return;
    let current = true;
    actions.getAccounts().then(
      (list) => {
        if (current) setAccounts(list);
      },
      () => {}, // What keeps the app from answering is shown already.
    );
    return () => {
      current = false;
    };
  }, [actions, status, sessionId]);
  return accounts;
}
