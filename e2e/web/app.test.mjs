import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  accessible,
  close,
  context,
  control,
  enter,
  opens,
  origin,
  signIn,
  signOut,
} from "./world.mjs";

// One person's day with the app, in two tabs that stand for two windows. Each test goes on where the one before has ended.
let first, second;

const title = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const both = (f) => Promise.all([first, second].map(f));
const press = (page, name) =>
  page.getByRole("main").getByRole("button", { name, exact: true }).click();
const notices = (page) => page.getByRole("status", { name: "Notices" });

async function openTab(path = "/") {
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  await page.goto(`${origin}${path}`);
  return page;
}

before(async () => {
  await enter();
  first = await openTab();
  second = await openTab();
});
after(close);

test("nobody is signed in", async () => {
  await both((page) => title(page, "Sign in to continue"));
  await accessible(first);
});

test("a sign-in shows in every window, and can be cancelled in another than it began in", async () => {
  const page = await opens(first, "Sign in");
  await both((page) => title(page, "Signing in…"));
  await accessible(first);
  const again = first.getByRole("link", { name: "Open the sign-in page" });
  assert.match(await again.getAttribute("href"), /\/user_management\/authorize\?/);
  await page.close();
  await press(second, "Cancel");
  await both((page) => title(page, "Sign in to continue"));
});

test("a refusal is explained, can be copied, and tried again", async () => {
  const page = await opens(first, "Sign in");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.close();
  await both((page) => title(page, "That did not work"));
  await accessible(first);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await first.bringToFront();
  await press(first, "Copy details");
  const copied = await first.evaluate(() => navigator.clipboard.readText());
  assert.equal(JSON.parse(copied).code, "access_denied");
  assert.doesNotMatch(copied, /verifier|token|code=/);
});

test("so is a fault of the server", async () => {
  await control("fault", { Route: "exchange", Times: 1, Status: 500 });
  const page = await opens(first, "Try again");
  await page.fill("#email", "bob@example.com");
  await page.fill("#password", "emulator-demo");
  await page.click("button[type=submit]");
  await page.getByRole("button", { name: "Acme" }).click();
  await both((page) => title(page, "That did not work"));
  await page.close();
  await control("clear");
});

test("the person signs in, and is known in both windows, also after a reload", async () => {
  const page = await opens(first, "Try again");
  await page.getByRole("button", { name: /Continue as/ }).click();
  await page.getByRole("button", { name: "Acme" }).click();
  await page.waitForURL((url) => url.pathname === "/callback");
  await page.close();
  await both((page) => title(page, "Welcome, Bob"));
  await accessible(first);
  await second.reload();
  await title(second, "Welcome, Bob");
});

test("the API believes the token", async () => {
  await first.getByRole("link", { name: "View your account" }).click();
  await title(first, "Account");
  await press(first, "Call GET /api/me");
  const answer = first.getByRole("status", { name: "Answer of the API" });
  await answer.getByText("200 OK").waitFor();
  assert.match(await answer.textContent(), /"role": "member"/);
  await accessible(first);
});

test("an idle window learns that the network is gone, and that it is back", async () => {
  await control("unplug");
  await both((page) => notices(page).getByText("You are offline").waitFor());
  await title(second, "Welcome, Bob");
  await accessible(second);
  await second.reload();
  await title(second, "Welcome, Bob");
  await control("plug");
  await both((page) => notices(page).getByText("You are offline").waitFor({ state: "detached" }));
});

test("another organization is chosen here, and everywhere", async () => {
  const { organizations } = await control("organizations");
  const globex = organizations.find(({ Name }) => Name === "Globex");
  await first.getByLabel("Organization to switch to").fill("org_nobody");
  await press(first, "Switch");
  await notices(first)
    .getByText(/was refused/)
    .waitFor();
  await title(first, "Account");
  await first.getByLabel("Organization to switch to").fill(globex.ID);
  await press(first, "Switch");
  await first.getByText(globex.ID).waitFor();
  await second.getByRole("navigation").getByRole("link", { name: "Account" }).click();
  await second.getByText(globex.ID).waitFor();
  await second.getByText("members:manage").waitFor();
});

test("a second person comes, takes turns with the first, and stays when the first leaves", async () => {
  await signIn(first, "alice@example.com", "Add another account");
  await both((page) => page.getByRole("button", { name: "Switch to Bob Baker" }).waitFor());
  await accessible(first);
  await press(second, "Switch to Bob Baker");
  await both((page) => page.getByRole("button", { name: "Switch to Alice Archer" }).waitFor());
  await signOut(first);
  await second.getByRole("navigation").getByRole("link", { name: "Home" }).click();
  await press(second, "Continue as Alice Archer");
  await title(second, "Welcome, Alice");
});

test("signing out in one window signs out in all", async () => {
  await signOut(second);
  await title(second, "Sign in to continue");
  await title(first, "Account");
  await first.getByText("Sign in to see your account").waitFor();
});

test("from 360 pixels to 4K nothing is cut off", async () => {
  for (const [width, height] of [
    [360, 640],
    [768, 1024],
    [3840, 2160],
  ]) {
    await second.setViewportSize({ width, height });
    const overflow = await second.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0, `${width} wide`);
  }
});

// What a page can do that is not ours, or is not ours any more.

const service = "github.com/authkit-desktop/authkit/bridge.Service";

/** Calls as the runtime does, and gives the status and the words. */
function call(page, method, args, change = {}) {
  const body = JSON.stringify({
    object: 0,
    method: 0,
    args: { "call-id": "x", methodName: `${service}.${method}`, args },
    ...change,
  });
  return page.evaluate(async (body) => {
    const headers = { "x-wails-client-id": "test", "content-type": "application/json" };
    const answer = await fetch("/wails/runtime", { method: "POST", headers, body });
    return [answer.status, await answer.text()];
  }, body);
}

test("bad input gets a typed error", async () => {
  const huge = "a".repeat(10 << 20);
  for (const [method, args] of [
    ["SignIn", ["text"]],
    ["SignIn", [{ screenHint: 7 }]],
    ["SignIn", [{ loginHint: "a".repeat(2000) }]],
    ["SignIn", []],
    ["SwitchOrganization", [null, null]],
    ["SwitchOrganization", [{}]],
    ["SwitchAccount", [["user"]]],
    ["NoSuchMethod", []],
    ["toString", []],
  ]) {
    const [status, words] = await call(first, method, args);
    assert.ok(
      status >= 400 && status < 500,
      `${method} ${JSON.stringify(args)}: ${status} ${words}`,
    );
    assert.ok(words.length > 0 && words.length < 500, words);
  }
  for (const [method, args] of [
    ["SignIn", [{ loginHint: huge }]],
    ["SwitchOrganization", [huge]],
  ]) {
    assert.deepEqual(await call(first, method, args), [403, "the call is too large or broken\n"]);
  }
  assert.equal((await call(first, "State", [], { object: 6 }))[0], 403);
});

test("a thousand calls at once leave nothing stuck", async () => {
  const calls = ["State", "Accounts", "GetAccessToken", "CancelSignIn", "ReopenSignIn"];
  const statuses = await first.evaluate(
    ({ calls, service }) =>
      Promise.all(
        Array.from({ length: 1000 }, async (_, i) => {
          const methodName = `${service}.${calls[i % calls.length]}`;
          const answer = await fetch("/wails/runtime", {
            method: "POST",
            headers: { "x-wails-client-id": "test" },
            body: JSON.stringify({
              object: 0,
              method: 0,
              args: { "call-id": `${i}`, methodName, args: [] },
            }),
          });
          return answer.status;
        }),
      ),
    { calls, service },
  );
  assert.ok(
    statuses.every((status) => status === 200 || status === 422),
    String(new Set(statuses)),
  );
  assert.equal((await call(first, "State", []))[0], 200);
});

// A21: a page of another origin, in the browser that has the app's cookie (cookies know no ports).
test("a foreign page can neither call nor listen", async () => {
  const evil = await context.newPage();
  const foreign = await control("address");
  await evil.goto(foreign);
  const attacks = await evil.evaluate(
    async ({ origin, body }) => {
      const url = `${origin}/wails/runtime`;
      const post = { method: "POST", body, credentials: "include" };
      const outcome = async (promise) =>
        promise.then(
          ({ type }) => type,
          () => "refused",
        );
      const listens = new Promise((resolve) => {
        const stream = new EventSource(`${origin}/events`, { withCredentials: true });
        stream.onopen = () => resolve("open");
        stream.onerror = () => resolve("refused");
      });
      return {
        read: await outcome(fetch(url, post)),
        asRuntime: await outcome(fetch(url, { ...post, headers: { "x-wails-client-id": "x" } })),
        blind: await outcome(fetch(url, { ...post, mode: "no-cors" })),
        listens: await listens,
      };
    },
    {
      origin,
      body: JSON.stringify({
        object: 0,
        method: 0,
        args: { "call-id": "x", methodName: `${service}.SignIn`, args: [{}] },
      }),
    },
  );
  assert.deepEqual(attacks, {
    read: "refused",
    asRuntime: "refused",
    blind: "refused",
    listens: "refused",
  });
  // The blind call was made all the same, so what counts is that it did nothing: no sign-in is under way.
  const [, state] = await call(first, "State", []);
  assert.equal(JSON.parse(state).attempt, null);
  await evil.close();
});
