import type { Account, SignInOptions, SignOutOptions, State } from "./types.js";

/**
 * The way from the page to the Go side. Calls reject with an error that `toAuthKitError` understands;
 * a state that a call returns counts like one that was announced.
 */
export interface Transport {
  readonly state: () => Promise<State>;
  readonly signIn: (options: SignInOptions) => Promise<State>;
  readonly cancelSignIn: () => Promise<State>;
  readonly reopenSignIn: () => Promise<State>;
  readonly signOut: (options: SignOutOptions) => Promise<State>;
  readonly switchOrganization: (organizationId: string) => Promise<State>;
  readonly accounts: () => Promise<Account[]>;
  readonly switchAccount: (id: string) => Promise<State>;
  readonly getAccessToken: () => Promise<string>;
  /**
   * Announces every change from now on; returns the way to stop. `null` means "something may have
   * changed while nobody listened": the store then asks.
   */
  readonly listen: (onChange: (state: State | null) => void) => () => void;
}
