import type { Attempt, State, User } from "@authkit-desktop/react";
import { alice, signedIn, waiting } from "@authkit-desktop/react/testing";

export interface Story {
  /** What the Go side says. */
  state: Partial<State>;
  route?: "#/account";
  /** Who is signed in besides. */
  others?: User[];
  /** The page is in a browser tab, not in a window of the app. */
  tab?: true;
  /** The Go side does not answer at all. */
  broken?: true;
}

// As the app shows it: an organization, a role, a token that has some minutes left.
const someone: Partial<State> = {
  ...signedIn,
  user: { ...alice, id: "user_01KA2V5R8B3N6D9F0H2J4M7P1Q" },
  organizationId: "org_01KA2V5R8B0ACME00000000000",
  sessionId: "session_01KA2V5R8BXWQ3T6Y9Z1C4E7G0",
  expiresAt: "2026-01-02T03:08:17Z",
};

const demo = {
  url: "http://127.0.0.1:4100",
  accounts: [
    { email: "alice@example.com", password: "emulator-demo" },
    { email: "bob@example.com", password: "emulator-demo" },
  ],
};

const notOpened: Attempt = {
  ...waiting,
  browserOpened: false,
  url: "https://api.workos.com/user_management/authorize?response_type=code&client_id=client_01KA&redirect_uri=workos-auth%3A%2F%2Fcallback&state=k2Jd",
};

const bob: User = {
  ...alice,
  id: "user_01KA2V5R8B3N6D9F0H2J4M7BOB",
  email: "bob@example.com",
  firstName: "Bob",
  lastName: "Baker",
  name: "Bob Baker",
};

/** What the server behind /api/ answers. */
export const api: Record<string, unknown> = {
  "/api/organizations": [
    { id: "org_01KA2V5R8B0ACME00000000000", name: "Acme" },
    { id: "org_01KA2V5R8B0GLOBEX000000000", name: "Globex" },
  ],
  "/api/me": {
    iss: "http://127.0.0.1:4100/user_management/client_01KA",
    sub: "user_01KA2V5R8B3N6D9F0H2J4M7P1Q",
    org_id: "org_01KA2V5R8B0ACME00000000000",
    role: "admin",
    permissions: ["notes:read", "notes:write"],
    exp: 1767323297,
  },
};

export const stories = {
  opening: { state: { status: "loading" } },
  "signed-out": { state: {} },
  "signed-out-account": { state: {}, route: "#/account" },
  "signing-in": { state: { attempt: waiting } },
  "signing-in-no-browser": { state: { attempt: notOpened } },
  "signing-in-tab": { state: { attempt: notOpened }, tab: true },
  exchanging: { state: { attempt: { ...waiting, step: "exchanging" } } },
  failed: {
    state: {
      error: {
        code: "unreachable",
        message: "the sign-in needs a connection to WorkOS: api.workos.com could not be reached",
        hint: "Check the connection, then sign in again.",
      },
    },
  },
  "signed-in": { state: someone },
  account: { state: someone, route: "#/account" },
  "two-accounts": { state: someone, others: [bob], route: "#/account" },
  "signed-out-of-one": { state: {}, others: [bob] },
  "account-sparse": {
    state: {
      ...someone,
      user: { ...alice, name: null, firstName: null, lastName: null, emailVerified: false },
      organizationId: null,
      role: null,
      permissions: [],
      expiresAt: null,
    },
    route: "#/account",
  },
  offline: { state: { ...someone, offline: true } },
  "memory-only": {
    state: {
      ...someone,
      storage: {
        kind: "memory",
        why: "the keychain is locked. To stay signed in after a restart, unlock it and start the app again, or configure an encryption secret.",
      },
    },
  },
  "scheme-taken": {
    state: {
      notices: [
        {
          id: "scheme",
          text: "Links of workos-auth:// belong to Other App (/opt/other/app). Signing in works by another way meanwhile; to change it, remove that app or its entry in mimeapps.list.",
        },
      ],
    },
  },
  demo: { state: { demo } },
  "demo-signed-in": { state: { ...someone, demo } },
  "switch-refused": {
    state: {
      ...someone,
      error: {
        code: "organization_not_found",
        message: "switching to organization org_02 was refused; you are still signed in as before",
        hint: "Choose another organization, or ask its administrator.",
      },
    },
  },
  "no-answer": { state: {}, broken: true },
} satisfies Record<string, Story>;
