import { toAuthKitError } from "./errors.js";
import type { AuthStore, Impersonator, State, User } from "./store.js";

// What a page written for Electron finds on `window`, with nothing of Electron behind it: the contract of
// @workos/authkit-electron 0.1.2, and that of the example that came before it.

export type ElectronResult<T> =
  { ok: true; data: T } | { ok: false; error: { code: string; message: string } };

/** Who is signed in. What is not known is left out; this package says null instead. */
export interface ElectronIdentity {
  user: User;
  sessionId: string;
  /** Empty while there is none to be had: offline, after the last one has run out. */
  accessToken: string;
  claims: State["claims"];
  organizationId?: string;
  role?: string;
  roles: string[];
  permissions: string[];
  entitlements: string[];
  featureFlags: string[];
  impersonator?: Impersonator;
}

export type ElectronPayload = { user: null } | ElectronIdentity;

/** `window.__authkit_electron` */
export interface ElectronBridge {
  signIn(options?: {
    screenHint?: "sign-in" | "sign-up";
    organizationId?: string;
  }): Promise<ElectronResult<null>>;
  signOut(options?: { returnTo?: string }): Promise<ElectronResult<{ logoutUrl: string }>>;
  getUser(): Promise<ElectronResult<ElectronPayload>>;
  getAccessToken(): Promise<ElectronResult<string | null>>;
  switchToOrganization(organizationId: string): Promise<ElectronResult<ElectronPayload>>;
  onAuthChange(callback: (payload: ElectronPayload) => void): () => void;
  onAuthError(callback: (error: { code: string; message: string }) => void): () => void;
}

/** `window.auth`, of the older example */
export interface OlderElectronBridge {
  signIn(): Promise<{ success: boolean; error?: string }>;
  signOut(): Promise<{ success: boolean; error?: string }>;
  getUser(): Promise<User | null>;
  onAuthChange(callback: (change: { user: User | null }) => void): () => void;
}

declare global {
  interface Window {
    __authkit_electron?: ElectronBridge;
    auth?: OlderElectronBridge;
  }
}

/**
 * Lets a page that was written for Electron run unchanged. Call it before the page's own code:
 *
 *     exposeElectronBridge(createAuthStore(createWailsTransport({ Call, Events })));
 *
 * It keeps the store listening; the returned function ends that and takes both names away.
 */
export function exposeElectronBridge(store: AuthStore, page: Window = window): () => void {
  const leave = store.subscribe(() => {});
  page.__authkit_electron = electronBridge(store);
  page.auth = olderBridge(store);
  return () => {
    leave();
    delete page.__authkit_electron;
    delete page.auth;
  };
}

function electronBridge(store: AuthStore): ElectronBridge {
  const { actions } = store;
  return {
    signIn: (options) => result(() => actions.signIn(known(options)).then(() => null)),
    // The app opens the logout page itself, as that kit does, so there is no URL to go to.
    signOut: (options) => result(() => actions.signOut(options).then(() => ({ logoutUrl: "" }))),
    getUser: () => result(async () => payload(store, await decided(store))),
    getAccessToken: () => result(() => token(store)),
    switchToOrganization: (organizationId) =>
      result(async () => {
        if ((await decided(store)).user === null) return { user: null };
        await actions.switchToOrganization(organizationId);
        return payload(store, store.getState());
      }),
    onAuthChange(callback) {
      let latest = 0;
      const leave = onChange(store, identity, (state) => {
        const mine = ++latest;
        void payload(store, state).then((news) => {
          if (mine === latest) callback(news); // otherwise it has been overtaken, or nobody listens any more
        });
      });
      return () => {
        latest++;
        leave();
      };
    },
    onAuthError: (callback) =>
      onChange(
        store,
        ({ error }) => error,
        ({ error }) => {
          if (error) callback({ code: error.code, message: error.message });
        },
      ),
  };
}

function olderBridge(store: AuthStore): OlderElectronBridge {
  const { actions } = store;
  return {
    signIn: () => success(actions.signIn()),
    signOut: () => success(actions.signOut()),
    getUser: async () => (await decided(store)).user,
    onAuthChange: (callback) =>
      onChange(store, identity, ({ user }) => {
        callback({ user });
      }),
  };
}

/** What that kit would announce: who is signed in, where and as what, and a new token. */
function identity({ status, user, sessionId, organizationId, claims, expiresAt }: State): unknown {
  return status === "signed-in" ? { user, sessionId, organizationId, claims, expiresAt } : null;
}

/** Calls back when the chosen part of the state has become another one. Not for the first answer: that is no change. */
function onChange(
  store: AuthStore,
  part: (state: State) => unknown,
  callback: (state: State) => void,
): () => void {
  const read = () => JSON.stringify(part(store.getState()));
  const isKnown = () => store.getState().status !== "loading";
  let before = isKnown() ? read() : undefined;
  return store.subscribe(() => {
    const now = read();
    const changed = before !== undefined && now !== before;
    if (isKnown()) before = now;
    if (changed) callback(store.getState());
  });
}

/** The state, once it is known whether anybody is signed in. */
function decided(store: AuthStore): Promise<State> {
  return new Promise((resolve) => {
    let leave = () => {};
    const look = () => {
      const state = store.getState();
      if (state.status === "loading") return;
      resolve(state);
      leave();
    };
    leave = store.subscribe(look);
    look();
  });
}

/** Offline, the person is still signed in; there is just no token. That kit's pages would be told that nobody is. */
async function payload(store: AuthStore, state: State): Promise<ElectronPayload> {
  const { user, sessionId, claims, organizationId, role, impersonator } = state;
  if (state.status !== "signed-in" || !user) return { user: null };
  return {
    user,
    sessionId: sessionId ?? "",
    accessToken: (await token(store).catch(() => null)) ?? "",
    claims,
    ...(organizationId !== null && { organizationId }),
    ...(role !== null && { role }),
    roles: state.roles,
    permissions: state.permissions,
    entitlements: state.entitlements,
    featureFlags: state.featureFlags,
    ...(impersonator && { impersonator }),
  };
}

function token(store: AuthStore): Promise<string | null> {
  return store.actions.getAccessToken().catch((error: unknown) => {
    if (toAuthKitError(error).code === "signed_out") return null;
    throw error;
  });
}

/** That kit ignores what it does not know; the Go side would refuse it. */
function known(options: { screenHint?: "sign-in" | "sign-up"; organizationId?: string } = {}) {
  const { screenHint, organizationId } = options;
  return { ...(screenHint && { screenHint }), ...(organizationId && { organizationId }) };
}

async function result<T>(call: () => Promise<T>): Promise<ElectronResult<T>> {
  try {
    return { ok: true, data: await call() };
  } catch (thrown) {
    const { code, message } = toAuthKitError(thrown);
    return { ok: false, error: { code, message } };
  }
}

async function success(call: Promise<void>) {
  try {
    await call;
    return { success: true };
  } catch (thrown) {
    return { success: false, error: toAuthKitError(thrown).message };
  }
}
