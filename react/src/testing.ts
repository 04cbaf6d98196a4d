import { AuthKitError } from "./errors.js";
import { loadingState } from "./state.js";
import type { Transport } from "./transport.js";
import type { Account, Attempt, ErrorInfo, State, User } from "./types.js";

export const alice: User = {
  id: "user_01ALICE",
  email: "alice@example.com",
  firstName: "Alice",
  lastName: "Arnold",
  name: "Alice Arnold",
  emailVerified: true,
  profilePictureUrl: null,
  lastSignInAt: "2026-01-02T03:04:05Z",
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-02T03:04:05Z",
  externalId: null,
  metadata: {},
  locale: null,
};

export const signedOut: Omit<State, "seq"> = { ...loadingState, status: "signed-out" };

export const signedIn: Omit<State, "seq"> = {
  ...loadingState,
  status: "signed-in",
  user: alice,
  sessionId: "session_01",
  authenticationMethod: "Password",
  organizationId: "org_01ACME",
  role: "admin",
  roles: ["admin"],
  permissions: ["notes:read", "notes:write"],
};

export const waiting: Attempt = {
  step: "waiting",
  redirect: "scheme",
  why: "this app owns the scheme",
  startedAt: "2026-01-02T03:04:05Z",
  expiresAt: "2026-01-02T03:14:05Z",
  browserOpened: true,
  url: "https://signin.example/authorize",
};

/** A Go side for tests and stories. It behaves: calls change the state, and every change is announced. */
export interface FakeTransport extends Transport {
  /** How many listen now. */
  readonly listeners: number;
  /** Names of the methods called so far, with what came along. */
  readonly calls: [method: string, ...args: unknown[]][];
  /** Changes the state, as when something happened in the app or in another window. */
  change(part: Partial<State>): State;
  /** The person has finished in the browser. */
  completeSignIn(part?: Partial<State>): void;
  failSignIn(error: ErrorInfo): void;
  /** People who are signed in besides. */
  others: User[];
  /** Lets the next call fail. */
  failNextCall(error: ErrorInfo): void;
  /** Makes calls answer, with the state as it was when they came, only once the returned function has been called. */
  holdAnswers(): () => Promise<void>;
  /** Announces without a state: "ask me". */
  nudge(): void;
}

export function createFakeTransport(start: Partial<State> = {}): FakeTransport {
  const listeners = new Set<(state: State | null) => void>();
  const calls: FakeTransport["calls"] = [];
  let current: State = { ...signedOut, seq: 0, ...start };
  let failure: ErrorInfo | undefined;
  let gate: Promise<void> | undefined;

  function announce(state: State | null) {
    for (const listener of [...listeners]) listener(state);
  }

  function change(part: Partial<State>): State {
    // A copy, as everything that comes over a wire is one.
    current = structuredClone({ ...current, ...part, seq: current.seq + 1 });
    announce(current);
    return current;
  }

  async function answer<T>(method: string, args: unknown[], act: () => T): Promise<T> {
    calls.push([method, ...args]);
    const fails = failure;
    failure = undefined;
    const result = fails ? undefined : act();
    await gate;
    if (fails) throw new AuthKitError(fails);
    return structuredClone(result as T);
  }

  const accountOf = (user: User, isCurrent: boolean): Account => ({
    id: user.id,
    user,
    organizationId: isCurrent ? current.organizationId : null,
    current: isCurrent,
  });

  return {
    calls,
    change,
    others: [],
    get listeners() {
      return listeners.size;
    },
    completeSignIn(part) {
      change({ ...signedIn, seq: current.seq, attempt: null, error: null, ...part });
    },
    failSignIn(error) {
      change({ attempt: null, error });
    },
    failNextCall(error) {
      failure = error;
    },
    holdAnswers() {
      let open = () => {};
      const held = new Promise<void>((resolve) => (open = resolve));
      gate = held;
      return () => {
        gate = undefined;
        open();
        return held;
      };
    },
    nudge() {
      announce(null);
    },
    state: () => answer("state", [], () => current),
    signIn: (options) =>
      answer("signIn", [options], () => change({ attempt: waiting, error: null })),
    cancelSignIn: () => answer("cancelSignIn", [], () => change({ attempt: null, error: null })),
    reopenSignIn: () => answer("reopenSignIn", [], () => change({ attempt: waiting })),
    signOut: (options) =>
      answer("signOut", [options], () => {
        const { storage, notices, demo } = current;
        return change({ ...signedOut, storage, notices, demo });
      }),
    switchOrganization: (organizationId) =>
      answer("switchOrganization", [organizationId], () => change({ organizationId })),
    accounts() {
      return answer("accounts", [], () => [
        ...(current.user ? [accountOf(current.user, true)] : []),
        ...this.others.map((user) => accountOf(user, false)),
      ]);
    },
    switchAccount(id) {
      return answer("switchAccount", [id], () => {
        const user = this.others.find((other) => other.id === id);
        if (!user) throw unknownAccountError;
        this.others = this.others.filter((other) => other !== user);
        if (current.user) this.others.push(current.user);
        return change({ ...signedIn, user, sessionId: `session of ${id}` });
      });
    },
    getAccessToken: () =>
      answer("getAccessToken", [], () => {
        if (current.status !== "signed-in") throw signedOutError;
        return `token ${String(current.organizationId)} ${String(current.expiresAt)}`;
      }),
    listen(onChange) {
      const entry = (state: State | null) => {
        onChange(state);
      };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
  };
}

const unknownAccountError = new AuthKitError({
  code: "unknown_account",
  message: "nobody of that id is signed in to this app",
  hint: "",
});

const signedOutError = new AuthKitError({
  code: "signed_out",
  message: "nobody is signed in",
  hint: "Sign in first.",
});
