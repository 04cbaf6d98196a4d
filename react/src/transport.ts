import type { State } from "./state.js";

export interface SignInOptions {
  screenHint?: "sign-in" | "sign-up";
  organizationId?: string;
  loginHint?: string;
  /** Skips AuthKit's choice of providers, e.g. "GoogleOAuth". */
  provider?: string;
}

/**
 * The way from the page to the Go side. Calls reject with an error that `toAuthKitError` understands;
 * a state that a call returns counts like one that was announced.
 */
export interface Transport {
  readonly state: () => Promise<State>;
  readonly signIn: (options: SignInOptions) => Promise<State>;
  readonly cancelSignIn: () => Promise<State>;
  readonly reopenSignIn: () => Promise<State>;
  readonly signOut: () => Promise<State>;
  readonly switchOrganization: (organizationId: string) => Promise<State>;
  readonly getAccessToken: () => Promise<string>;
  /**
   * Announces every change from now on; returns the way to stop. `null` means "something may have
   * changed while nobody listened": the store then asks.
   */
  readonly listen: (onChange: (state: State | null) => void) => () => void;
}
