import { toAuthKitError } from "./errors.js";
import { loadingState } from "./state.js";
import type { Transport } from "./transport.js";
import type { Account, SignInOptions, SignOutOptions, State } from "./types.js";

export { AuthKitError } from "./errors.js";
export type { Transport } from "./transport.js";
export type * from "./types.js";

/** What a page can do. All of it is bound: `const { signIn } = store.actions` works. */
export interface AuthActions {
  /** Opens the sign-in page in the person's browser. Resolves when the attempt is under way, not when it is done. */
  readonly signIn: (options?: SignInOptions) => Promise<void>;
  readonly signUp: (options?: Omit<SignInOptions, "screenHint">) => Promise<void>;
  /** Gives the attempt up; without one, lets go of the `error` that an earlier one ended with. */
  readonly cancel: () => Promise<void>;
  /** Opens the page of the present attempt again. */
  readonly reopen: () => Promise<void>;
  /** Here at once, then in the browser. Nobody being signed in any more is no failure. */
  readonly signOut: (options?: SignOutOptions) => Promise<void>;
  readonly switchToOrganization: (organizationId: string) => Promise<void>;
  /** Everybody who is signed in to the app, the current one first. More than one after `signIn({ addAccount: true })`. */
  readonly getAccounts: () => Promise<Account[]>;
  readonly switchToAccount: (id: string) => Promise<void>;
  /** A token that is fresh enough to be used now. Rejects with code `signed_out` when there is none. */
  readonly getAccessToken: () => Promise<string>;
}

/**
 * The page's copy of the state: any framework can hold it, React by `useSyncExternalStore`.
 * It listens while somebody listens to it, and only then.
 */
export interface AuthStore {
  /** The same object until something has changed. */
  readonly getState: () => State;
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks the Go side again, e.g. after `error.code` was "bridge_failed". */
  readonly reload: () => Promise<void>;
  readonly actions: AuthActions;
}

export function createAuthStore(transport: Transport): AuthStore {
  let state = loadingState;
  let newest = state.seq;
  let stopListening: (() => void) | undefined;
  const listeners = new Set<() => void>();

  function publish(next: State) {
    state = next;
    // A copy: a listener may leave, or bring another one, while it is being told.
    for (const listener of [...listeners]) listener();
  }

  // Calls and announcements overtake each other; the number says which one is news.
  function accept(next: State) {
    if (next.seq < newest) return;
    newest = next.seq;
    if (!sameButForNumber(state, next)) publish(next);
  }

  async function reload() {
    try {
      accept(await transport.state());
    } catch (thrown) {
      publish({ ...state, error: toAuthKitError(thrown).toJSON() });
    }
  }

  async function asked<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (thrown) {
      throw toAuthKitError(thrown);
    }
  }

  async function run(call: Promise<State>) {
    accept(await asked(call));
  }

  function start() {
    // Listen first, then ask: what changes in between arrives twice rather than never.
    stopListening = transport.listen((next) => {
      if (next) accept(next);
      else void reload();
    });
    void reload();
  }

  function stop() {
    stopListening?.();
    stopListening = undefined;
  }

  return {
    getState: () => state,
    subscribe(listener) {
      // An entry of its own, so that one function subscribed twice has to leave twice.
      const entry = () => {
        listener();
      };
      listeners.add(entry);
      if (listeners.size === 1) start();
      return () => {
        if (listeners.delete(entry) && listeners.size === 0) stop();
      };
    },
    reload,
    actions: {
      signIn: (options = {}) => run(transport.signIn(options)),
      signUp: (options = {}) => run(transport.signIn({ ...options, screenHint: "sign-up" })),
      cancel: () => run(transport.cancelSignIn()),
      reopen: () => run(transport.reopenSignIn()),
      signOut: (options = {}) => run(transport.signOut(options)),
      switchToOrganization: (organizationId) => run(transport.switchOrganization(organizationId)),
      getAccounts: () => asked(transport.accounts()),
      switchToAccount: (id) => run(transport.switchAccount(id)),
      getAccessToken: () => asked(transport.getAccessToken()),
    },
  };
}

function sameButForNumber(a: State, b: State): boolean {
  return JSON.stringify({ ...a, seq: 0 }) === JSON.stringify({ ...b, seq: 0 });
}
