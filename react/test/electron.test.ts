import { afterEach, describe, expect, it, vi } from "vitest";
import { exposeElectronBridge } from "../src/electron.js";
import { createAuthStore } from "../src/store.js";
import { alice, createFakeTransport, signedIn } from "../src/testing.js";

// Lets everything that has been answered already arrive.
const settled = () => new Promise((resolve) => setTimeout(resolve));

let takeAway = () => {};
afterEach(() => {
  takeAway();
});

function expose(start = {}) {
  const transport = createFakeTransport(start);
  takeAway = exposeElectronBridge(createAuthStore(transport));
  const { __authkit_electron: kit, auth } = window;
  if (!kit || !auth) throw new Error("nothing was exposed");
  return { transport, kit, auth };
}

describe("window.__authkit_electron", () => {
  it("answers in the kit's words, and leaves out what is not known", async () => {
    const { kit, transport } = expose(signedIn);
    const answer = await kit.getUser();
    expect(answer).toMatchObject({
      ok: true,
      data: { user: alice, sessionId: "session_01", organizationId: "org_01ACME", role: "admin" },
    });
    expect(answer).toMatchObject({ data: { accessToken: "token org_01ACME null" } });
    transport.change({ role: null, organizationId: null });
    const { data } = (await kit.getUser()) as { data: object };
    expect(Object.keys(data)).not.toContain("role");
    expect(Object.keys(data)).not.toContain("organizationId");
    expect(Object.keys(data)).not.toContain("attempt");
  });

  it("waits for the first answer instead of saying that nobody is signed in", async () => {
    const transport = createFakeTransport(signedIn);
    const release = transport.holdAnswers();
    takeAway = exposeElectronBridge(createAuthStore(transport));
    const answer = window.__authkit_electron?.getUser();
    await release();
    expect(await answer).toMatchObject({ data: { user: alice } });
  });

  it("signs in, switches and signs out, and announces each change once", async () => {
    const { kit, transport } = expose();
    const changed = vi.fn();
    await kit.getUser();
    const leave = kit.onAuthChange(changed);
    expect(await kit.signIn({ organizationId: "org_01" })).toEqual({ ok: true, data: null });
    expect(transport.calls.at(-1)).toEqual(["signIn", { organizationId: "org_01" }]);
    expect(changed).not.toHaveBeenCalled(); // an attempt is no change of who is signed in
    transport.completeSignIn();
    await settled();
    expect(changed).toHaveBeenCalledTimes(1);
    expect(changed.mock.lastCall).toMatchObject([
      { user: alice, accessToken: "token org_01ACME null" },
    ]);
    expect(await kit.switchToOrganization("org_02")).toMatchObject({
      data: { organizationId: "org_02" },
    });
    await settled();
    expect(changed).toHaveBeenCalledTimes(2);
    expect(await kit.signOut({ returnTo: "https://example.com" })).toEqual({
      ok: true,
      data: { logoutUrl: "" },
    });
    expect(transport.calls.at(-1)).toEqual(["signOut", { returnTo: "https://example.com" }]);
    await settled();
    expect(changed).toHaveBeenLastCalledWith({ user: null });
    leave();
    transport.completeSignIn();
    await settled();
    expect(changed).toHaveBeenCalledTimes(3);
  });

  it("has no token for nobody, and an error as a value for everything else", async () => {
    const { kit, transport } = expose();
    expect(await kit.getAccessToken()).toEqual({ ok: true, data: null });
    expect(await kit.switchToOrganization("org_02")).toEqual({ ok: true, data: { user: null } });
    transport.completeSignIn();
    const failure = { code: "offline", message: "no network", hint: "wait" };
    transport.failNextCall(failure);
    expect(await kit.getAccessToken()).toEqual({
      ok: false,
      error: { code: "offline", message: "no network" },
    });
    transport.failNextCall(failure);
    expect(await kit.getUser()).toMatchObject({ ok: true, data: { user: alice, accessToken: "" } });
  });

  it("announces a sign-in that failed", async () => {
    const { kit, transport } = expose();
    await kit.getUser();
    const failed = vi.fn();
    kit.onAuthError(failed);
    transport.failSignIn({ code: "access_denied", message: "you said no", hint: "" });
    expect(failed).toHaveBeenCalledExactlyOnceWith({
      code: "access_denied",
      message: "you said no",
    });
  });
});

describe("window.auth", () => {
  it("says who is signed in, and how calls went", async () => {
    const { auth, transport } = expose();
    expect(await auth.getUser()).toBeNull();
    const changed = vi.fn();
    const leave = auth.onAuthChange(changed);
    expect(await auth.signIn()).toEqual({ success: true });
    transport.completeSignIn();
    expect(changed).toHaveBeenLastCalledWith({ user: alice });
    expect(await auth.signOut()).toEqual({ success: true });
    expect(changed).toHaveBeenLastCalledWith({ user: null });
    leave();
    transport.failNextCall({ code: "x", message: "it did not work", hint: "" });
    expect(await auth.signIn()).toEqual({ success: false, error: "it did not work" });
  });
});

it("takes both away again, and stops listening", () => {
  const { transport } = expose();
  takeAway();
  expect(window.__authkit_electron).toBeUndefined();
  expect(window.auth).toBeUndefined();
  expect(transport.listeners).toBe(0);
});
