import type { Transport } from "./transport.js";
import type { State } from "./types.js";

/** The two parts of `@wailsio/runtime` (version 3) that are needed; handed in, so that this package depends on nothing. */
export interface WailsRuntime {
  Call: { ByName(method: string, ...args: unknown[]): PromiseLike<unknown> };
  Events: { On(name: string, callback: (event: { data: unknown }) => void): () => void };
}

const stateEvent = "authkit:state";

/**
 * The transport of a Wails v3 app that has registered a bridge.Service:
 *
 *     import { Call, Events } from "@wailsio/runtime";
 *     const store = createAuthStore(createWailsTransport({ Call, Events }));
 *
 * Methods are called by name, so there are no generated bindings to keep in step. `service` is the Go
 * type's full name, for an app that wraps the service in a type of its own.
 */
export function createWailsTransport(
  { Call, Events }: WailsRuntime,
  service = "github.com/authkit-desktop/authkit/bridge.Service",
): Transport {
  async function call<T>(method: string, ...args: unknown[]): Promise<T> {
    // The Go side's types are the contract; see types.ts.
    return (await Call.ByName(`${service}.${method}`, ...args)) as T;
  }
  return {
    state: () => call("State"),
    signIn: (options) => call("SignIn", options),
    cancelSignIn: () => call("CancelSignIn"),
    reopenSignIn: () => call("ReopenSignIn"),
    signOut: (options) => call("SignOut", options),
    switchOrganization: (organizationId) => call("SwitchOrganization", organizationId),
    accounts: () => call("Accounts"),
    switchAccount: (id) => call("SwitchAccount", id),
    getAccessToken: () => call("GetAccessToken"),
    listen: (onChange) =>
      Events.On(stateEvent, ({ data }) => {
        onChange((data ?? null) as State | null);
      }),
  };
}
