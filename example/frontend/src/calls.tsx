import { useAuth, useAuthStore, type AuthKitError, type ErrorInfo } from "@authkit-desktop/react";
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";

interface Calls {
  signIn: () => void;
  signUp: () => void;
  /** Signs in besides whoever is signed in. */
  addAccount: () => void;
  signOut: () => void;
  signOutAll: () => void;
  switchToAccount: (id: string) => void;
  switchToOrganization: (id: string) => void;
  cancel: () => void;
  reopen: () => void;
  /** Tries again what failed: the sign-in or, if the app did not answer at all, that. */
  retry: () => void;
  /** What went wrong last, in the app or on the way to it. */
  error: ErrorInfo | null;
}

const CallsContext = createContext<Calls | null>(null);

/** What the buttons do. A failure is shown by the page and goes when the next call is made. */
export function CallsProvider({ children }: { children: ReactNode }) {
  const store = useAuthStore();
  const { error, isLoading } = useAuth();
  const [failure, setFailure] = useState<ErrorInfo | null>(null);

  const calls = useMemo(() => {
    const does =
      <Args extends unknown[]>(call: (...args: Args) => Promise<void>) =>
      (...args: Args) => {
        setFailure(null);
        call(...args).catch((thrown: unknown) => {
          setFailure((thrown as AuthKitError).toJSON());
        });
      };
    const { signIn, signUp, signOut, cancel, reopen, switchToAccount, switchToOrganization } =
      store.actions;
    return {
      signIn: does(() => signIn()),
      signUp: does(() => signUp()),
      // The browser remembers the first person, and would sign them in again without a word.
      addAccount: does(() => signIn({ addAccount: true, prompt: "login" })),
      signOut: does(() => signOut()),
      signOutAll: does(() => signOut({ allAccounts: true })),
      switchToAccount: does(switchToAccount),
      switchToOrganization: does(switchToOrganization),
      cancel: does(cancel),
      reopen: does(reopen),
      reload: does(store.reload),
    };
  }, [store]);

  const { reload, ...actions } = calls;
  return (
    <CallsContext.Provider
      value={{
        ...actions,
        retry: isLoading ? reload : actions.signIn,
        error: error ?? failure,
      }}
    >
      {children}
    </CallsContext.Provider>
  );
}

export function useCalls(): Calls {
  const calls = useContext(CallsContext);
  if (!calls) throw new Error("useCalls was used outside of <CallsProvider>");
  return calls;
}
