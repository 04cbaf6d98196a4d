import type { ReactNode } from "react";
import { useAuthState } from "./provider.js";
import type { State } from "./store.js";

/** Its children, while somebody is signed in. */
export function SignedIn({ children }: { children: ReactNode }) {
  return useAuthState(statusOf) === "signed-in" ? children : null;
}

/** Its children, while it is known that nobody is signed in: not while that is still being asked. */
export function SignedOut({ children }: { children: ReactNode }) {
  return useAuthState(statusOf) === "signed-out" ? children : null;
}

const statusOf = (state: State) => state.status;
