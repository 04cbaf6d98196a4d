import { describe, expect, it, vi } from "vitest";
import { createAuthStore } from "../src/store.js";
import { alice, createFakeTransport, signedIn } from "../src/testing.js";

// Lets everything that has been answered already arrive.
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("the store", () => {
  it("knows nothing before the first answer, and says so", () => {
    const store = createAuthStore(createFakeTransport(signedIn));
    expect(store.getState().status).toBe("loading");
    expect(store.getState().user).toBeNull();
  });

  it("has the state after the first answer", async () => {
    const store = createAuthStore(createFakeTransport(signedIn));
    store.subscribe(() => {});
    await settled();
    expect(store.getState().user).toEqual(alice);
  });

  it("loses nothing that changes between listening and asking", async () => {
    const transport = createFakeTransport();
    const release = transport.holdAnswers();
    const store = createAuthStore(transport);
    store.subscribe(() => {}); // asks; the answer "signed out" is on its way
    transport.completeSignIn(); // announced first
    expect(store.getState().status).toBe("signed-in");
    await release(); // the older answer comes last
    await settled();
    expect(store.getState().status).toBe("signed-in");
  });

  it("drops announcements that are older than what it has", async () => {
    const transport = createFakeTransport();
    const store = createAuthStore({
      ...transport,
      listen(onChange) {
        // The wire delivers in the wrong order.
        onChange({ ...signedIn, seq: 7 });
        onChange({ ...signedIn, user: null, status: "signed-out", seq: 6 });
        return () => {};
      },
    });
    store.subscribe(() => {});
    await settled();
    expect(store.getState().status).toBe("signed-in");
  });

  it("tells nobody when nothing but the number has changed", async () => {
    const transport = createFakeTransport(signedIn);
    const store = createAuthStore(transport);
    const told = vi.fn();
    store.subscribe(told);
    await settled();
    const before = store.getState();
    transport.change({});
    expect(told).toHaveBeenCalledTimes(1); // the first answer
    expect(store.getState()).toBe(before);
    transport.change({ offline: true });
    expect(told).toHaveBeenCalledTimes(2);
  });

  it("asks again when it is told that something may have been missed", async () => {
    const transport = createFakeTransport();
    const store = createAuthStore({
      ...transport,
      listen: (on) => nudgeOnly(transport.listen, on),
    });
    store.subscribe(() => {});
    await settled();
    transport.completeSignIn();
    await settled();
    expect(store.getState().status).toBe("signed-in");

    function nudgeOnly(listen: typeof transport.listen, on: (state: null) => void) {
      return listen(() => {
        on(null);
      });
    }
  });

  it("listens once, while anybody listens to it, and leaves no listener behind", async () => {
    const transport = createFakeTransport();
    const store = createAuthStore(transport);
    const listener = () => {};
    const leaveFirst = store.subscribe(listener);
    const leaveSecond = store.subscribe(listener);
    expect(transport.listeners).toBe(1);
    leaveFirst();
    leaveFirst(); // twice does no harm
    expect(transport.listeners).toBe(1);
    leaveSecond();
    expect(transport.listeners).toBe(0);
    await settled();
  });

  it("says that it could not ask, goes on loading, and can be told to ask again", async () => {
    const transport = createFakeTransport(signedIn);
    const failure = { code: "bridge_failed", message: "no answer", hint: "start the app" };
    transport.failNextCall(failure);
    const store = createAuthStore(transport);
    store.subscribe(() => {});
    await settled();
    expect(store.getState()).toMatchObject({ status: "loading", error: failure });
    await store.reload();
    expect(store.getState()).toMatchObject({ status: "signed-in", error: null });
  });
});

describe("an action", () => {
  it("may be taken off the store, and its answer counts", async () => {
    const transport = createFakeTransport();
    const { actions, getState } = createAuthStore(transport);
    const { signIn, signUp, cancel, reopen, signOut, switchToOrganization } = actions;
    await signIn({ loginHint: alice.email });
    expect(getState().attempt?.step).toBe("waiting");
    await reopen();
    await cancel();
    expect(getState().attempt).toBeNull();
    await signUp({ organizationId: "org_01" });
    transport.completeSignIn();
    await switchToOrganization("org_02");
    expect(getState().organizationId).toBe("org_02");
    await signOut();
    expect(getState().status).toBe("signed-out");
    expect(transport.calls).toEqual([
      ["signIn", { loginHint: alice.email }],
      ["reopenSignIn"],
      ["cancelSignIn"],
      ["signIn", { organizationId: "org_01", screenHint: "sign-up" }],
      ["switchOrganization", "org_02"],
      ["signOut", {}],
    ]);
  });

  it("switches between the people who are signed in", async () => {
    const transport = createFakeTransport(signedIn);
    transport.others = [{ ...alice, id: "user_01BOB", email: "bob@example.com" }];
    const { actions, getState } = createAuthStore(transport);
    await actions.switchToAccount("user_01BOB");
    expect(getState().user?.email).toBe("bob@example.com");
    const accounts = await actions.getAccounts();
    expect(accounts.map(({ id, current }) => [id, current])).toEqual([
      ["user_01BOB", true],
      [alice.id, false],
    ]);
    await expect(actions.switchToAccount("nobody")).rejects.toMatchObject({
      code: "unknown_account",
    });
  });

  it("rejects with the code, the message and the hint of the Go side", async () => {
    const transport = createFakeTransport();
    const failure = { code: "browser_failed", message: "no browser", hint: "open it yourself" };
    transport.failNextCall(failure);
    const { actions } = createAuthStore(transport);
    await expect(actions.signIn()).rejects.toMatchObject({ name: "AuthKitError", ...failure });
    await expect(actions.getAccessToken()).rejects.toMatchObject({ code: "signed_out" });
  });
});
