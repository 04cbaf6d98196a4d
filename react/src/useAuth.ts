import { useMemo } from "react";
import { useAuthState, useAuthStore } from "./provider.js";
import type { AuthActions, State } from "./store.js";

export interface Auth extends Omit<State, "seq">, AuthActions {
  /** Until the first answer: show neither the signed-in nor the signed-out page. */
  isLoading: boolean;
}

/** Who is signed in, and what can be done about it. The same object until something has changed. */
export function useAuth(): Auth {
  const store = useAuthStore();
  const state = useAuthState(whole);
  return useMemo(() => {
    const { seq: _, ...rest } = state;
    return { ...rest, ...store.actions, isLoading: state.status === "loading" };
  }, [state, store]);
}

const whole = (state: State) => state;
