import type { ComponentPropsWithoutRef } from "react";
import { useAuthState, useAuthStore } from "./provider.js";
import type { SignInOptions, State } from "./store.js";

export interface SignInButtonProps extends Omit<ComponentPropsWithoutRef<"button">, "onError"> {
  options?: SignInOptions;
  /** Told when the sign-in could not begin. What happens later is in `useAuth().error`. */
  onError?: (error: unknown) => void;
}

/** A plain button that signs in; disabled while that is under way. It looks as the page makes it look. */
export function SignInButton({ options, onError, onClick, ...rest }: SignInButtonProps) {
  const { actions } = useAuthStore();
  const busy = useAuthState(isBusy);
  return (
    <button
      type="button"
      disabled={busy}
      {...rest}
      onClick={(event) => {
        onClick?.(event);
        if (!event.defaultPrevented) actions.signIn(options).catch(onError ?? console.error);
      }}
    >
      {rest.children ?? "Sign in"}
    </button>
  );
}

const isBusy = ({ status, attempt }: State) => status === "loading" || attempt !== null;
