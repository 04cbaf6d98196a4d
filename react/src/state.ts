import type { State } from "./types.js";

/** What a page shows before the first answer: nothing is known, so neither "in" nor "out". */
export const loadingState: State = {
  seq: -1,
  status: "loading",
  user: null,
  sessionId: null,
  authenticationMethod: null,
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
