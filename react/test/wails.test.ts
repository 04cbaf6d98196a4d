import { describe, expect, it } from "vitest";
import { toAuthKitError } from "../src/errors.js";
import { createAuthStore } from "../src/store.js";
import { signedIn, signedOut } from "../src/testing.js";
import { createWailsTransport } from "../src/wails.js";

// The two parts of the runtime that matter, answering as Wails 3.0.0-beta.24 does.
function wailsRuntime(answers: Record<string, unknown> = {}) {
  const calls: unknown[][] = [];
  const listeners = new Map<string, Set<(event: { data: unknown }) => void>>();
  return {
    calls,
    listeners,
    emit(name: string, data: unknown) {
      for (const listener of listeners.get(name) ?? []) listener({ data });
    },
    Call: {
      ByName(name: string, ...args: unknown[]) {
        calls.push([name, ...args]);
        const answer = answers[name];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    Events: {
      On(name: string, callback: (event: { data: unknown }) => void) {
        const set = listeners.get(name) ?? new Set();
        listeners.set(name, set.add(callback));
        return () => set.delete(callback);
      },
    },
  };
}

const service = "github.com/authkit-desktop/authkit/bridge.Service";

describe("the Wails transport", () => {
  it("calls each method by its full name", async () => {
    const runtime = wailsRuntime();
    const transport = createWailsTransport(runtime);
    await transport.state();
    await transport.signIn({ screenHint: "sign-up" });
    await transport.cancelSignIn();
    await transport.reopenSignIn();
    await transport.signOut({ allAccounts: true });
    await transport.switchOrganization("org_02");
    await transport.accounts();
    await transport.switchAccount("user_02");
    await transport.getAccessToken();
    expect(runtime.calls).toEqual([
      [`${service}.State`],
      [`${service}.SignIn`, { screenHint: "sign-up" }],
      [`${service}.CancelSignIn`],
      [`${service}.ReopenSignIn`],
      [`${service}.SignOut`, { allAccounts: true }],
      [`${service}.SwitchOrganization`, "org_02"],
      [`${service}.Accounts`],
      [`${service}.SwitchAccount`, "user_02"],
      [`${service}.GetAccessToken`],
    ]);
  });

  it("takes the state from events, asks when one comes without, and stops listening", async () => {
    const runtime = wailsRuntime({ [`${service}.State`]: { ...signedOut, seq: 1 } });
    const store = createAuthStore(createWailsTransport(runtime));
    const leave = store.subscribe(() => {});
    runtime.emit("authkit:state", { ...signedIn, seq: 2 });
    expect(store.getState().status).toBe("signed-in");
    const asked = runtime.calls.length;
    runtime.emit("authkit:state", null);
    expect(runtime.calls.length).toBe(asked + 1);
    leave();
    expect(runtime.listeners.get("authkit:state")?.size).toBe(0);
    await Promise.resolve();
  });

  it("understands the error of a Go method, which Wails keeps in the cause", async () => {
    const info = { code: "offline", message: "could not reach api.workos.com", hint: "" };
    const runtime = wailsRuntime({
      [`${service}.SignIn`]: new Error("Bound method returned an error", { cause: info }),
    });
    const { actions } = createAuthStore(createWailsTransport(runtime));
    await expect(actions.signIn()).rejects.toMatchObject(info);
  });
});

describe("an error of another kind", () => {
  it.each([new Error("boom"), "boom"])("keeps its words: %s", (thrown) => {
    expect(toAuthKitError(thrown)).toMatchObject({ code: "bridge_failed", message: "boom" });
  });

  it("is not wrapped twice", () => {
    const error = toAuthKitError("boom");
    expect(toAuthKitError(error)).toBe(error);
  });

  it("can be copied without its stack", () => {
    expect(Object.keys(toAuthKitError("boom").toJSON())).toEqual(["code", "message", "hint"]);
  });
});
