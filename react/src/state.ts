// What the Go side (package bridge) tells a page. Field for field the JSON of bridge.State:
// null where a thing is unknown, never undefined, so that a page cannot mistake "not sent" for "none".

export type Status = "loading" | "signed-out" | "signed-in";

export interface User {
  id: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  name: string | null;
  emailVerified: boolean;
  profilePictureUrl: string | null;
  lastSignInAt: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  externalId: string | null;
  metadata: Record<string, string> | null;
  locale: string | null;
}

/** A member of staff who is signed in as the user. */
export interface Impersonator {
  email: string;
  reason: string | null;
}

/** A sign-in that is under way in the browser. */
export interface Attempt {
  step: "opening" | "waiting" | "exchanging";
  redirect: "scheme" | "loopback";
  /** Why this redirect was chosen, for people. */
  why: string;
  startedAt: string;
  expiresAt: string;
  browserOpened: boolean;
  /** The sign-in page, to be shown where the browser could not be opened. */
  url: string;
}

export interface ErrorInfo {
  /** Stable; branch on this one. */
  code: string;
  message: string;
  /** What to do about it; may be empty. */
  hint: string;
}

/** Where the session is kept; "memory" means that it ends with the app. */
export interface Storage {
  kind: "keychain" | "passphrase" | "memory";
  why: string;
}

export interface Notice {
  id: string;
  text: string;
}

/** The built-in demonstration server, where no client id was configured. */
export interface Demo {
  url: string;
  accounts: { email: string; password: string }[];
}

export interface State {
  /** Rises with every change. A page drops a state whose number is smaller than the one it has. */
  seq: number;
  status: Status;
  user: User | null;
  sessionId: string | null;
  organizationId: string | null;
  role: string | null;
  roles: string[];
  permissions: string[];
  entitlements: string[];
  featureFlags: string[];
  impersonator: Impersonator | null;
  /** All claims of the access token, the custom ones too. */
  claims: Record<string, unknown>;
  /** When the access token ends, RFC 3339. */
  expiresAt: string | null;
  offline: boolean;
  attempt: Attempt | null;
  error: ErrorInfo | null;
  storage: Storage;
  notices: Notice[];
  demo: Demo | null;
}

/** What a page shows before the first answer: nothing is known, so neither "in" nor "out". */
export const loadingState: State = {
  seq: -1,
  status: "loading",
  user: null,
  sessionId: null,
  organizationId: null,
  role: null,
  roles: [],
  permissions: [],
  entitlements: [],
  featureFlags: [],
  impersonator: null,
  claims: {},
  expiresAt: null,
  offline: false,
  attempt: null,
  error: null,
  storage: { kind: "keychain", why: "" },
  notices: [],
  demo: null,
};
