// Made from the Go types of package bridge: go test ./bridge -run TestTheTypes -update

/**
 * State is everything that a page may know, and the whole of it every time: a page that comes late or reloads asks
 * once and misses nothing. It is an allow-list. What is not named here does not cross (P07).
 */
export interface State {
  /** rises with every change; a page drops a state whose number is smaller than the one it has */
  seq: number;
  status: Status;
  user: User | null;
  sessionId: string | null;
  /** Password, GoogleOAuth, …; null where WorkOS did not say */
  authenticationMethod: string | null;
  organizationId: string | null;
  role: string | null;
  roles: string[];
  permissions: string[];
  entitlements: string[];
  featureFlags: string[];
  impersonator: Impersonator | null;
  claims: Record<string, unknown>;
  /** of the access token */
  expiresAt: string | null;
  offline: boolean;
  /** a sign-in under way */
  attempt: Attempt | null;
  /** how the latest one failed */
  error: ErrorInfo | null;
  storage: Storage;
  notices: Notice[];
  demo: Demo | null;
}

/** Status is what is known of the person. */
export type Status = "loading" | "signed-out" | "signed-in";

/** User is the person, in the names that AuthKit's pages use. */
export interface User {
  id: string;
  email: string;
  emailVerified: boolean;
  firstName: string | null;
  lastName: string | null;
  name: string | null;
  profilePictureUrl: string | null;
  lastSignInAt: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  externalId: string | null;
  metadata: Record<string, string>;
  locale: string | null;
}

/** Impersonator is the member of staff who is signed in as the person. */
export interface Impersonator {
  email: string;
  reason: string | null;
}

/** Attempt is a sign-in under way. */
export interface Attempt {
  step: Step;
  /** how the answer comes back */
  redirect: Redirect;
  /** why this redirect was chosen, for people */
  why: string;
  startedAt: string;
  expiresAt: string;
  browserOpened: boolean;
  /** of the sign-in page, to be shown when the browser could not be opened */
  url: string;
}

/** Step is how far a sign-in has come. */
export type Step = "opening" | "waiting" | "exchanging";

/** Redirect is a way back from the browser. */
export type Redirect = "scheme" | "loopback";

/** ErrorInfo is a failure in the page's terms: a code to branch on, what happened, and what to do. */
export interface ErrorInfo {
  code: string;
  message: string;
  hint: string;
}

/** Storage tells where the session is kept; "memory" means that it ends with the app. */
export interface Storage {
  kind: StorageKind;
  why: string;
}

/** StorageKind is a place for the session. */
export type StorageKind = "keychain" | "passphrase" | "memory";

/** Notice is something that the person should see and that no sign-in caused. */
export interface Notice {
  id: string;
  text: string;
}

/** Demo tells that the app runs against an emulator, and who can sign in there. */
export interface Demo {
  url: string;
  accounts: DemoAccount[];
}

/** DemoAccount is an account of the emulator. */
export interface DemoAccount {
  email: string;
  password: string;
}

/** Account is a person who is signed in to the app. The State is about the current one. */
export interface Account {
  /** the user's id: what SwitchAccount takes */
  id: string;
  user: User;
  organizationId: string | null;
  current: boolean;
}

/** SignInOptions are what a page may choose of a sign-in. */
export interface SignInOptions {
  screenHint?: ScreenHint;
  organizationId?: string;
  loginHint?: string;
  /** skips AuthKit's choice of providers, such as GoogleOAuth */
  provider?: string;
  /** "login" asks who signs in, even if the browser remembers somebody */
  prompt?: string;
  /** accepts an invitation */
  invitationToken?: string;
  /** keeps whoever is signed in, for SwitchAccount */
  addAccount?: boolean;
}

/** ScreenHint is the form that AuthKit's page opens on. */
export type ScreenHint = "sign-in" | "sign-up";

/** SignOutOptions are what a page may choose of a sign-out. */
export interface SignOutOptions {
  /** where the browser goes afterwards; must be registered in the dashboard */
  returnTo?: string;
  /** everybody, not only the current account */
  allAccounts?: boolean;
}
