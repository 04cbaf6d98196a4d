import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { close, context, control, enter, opens, origin, signIn, signOut } from "./world.mjs";

const dist = path.join(import.meta.dirname ?? ".", "dist");

/** The app serves its own page; the browser gets another one in its place. All calls and events are the app's. */
async function openInstead(name) {
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  await page.route(`${origin}/`, (route) => route.fulfill({ path: path.join(dist, name) }));
  await page.route(`${origin}/assets/*`, (route) =>
    route.fulfill({ path: path.join(dist, new URL(route.request().url()).pathname) }),
  );
  await page.goto(`${origin}/`);
  return page;
}

const heading = (page, name) => page.getByRole("heading", { name }).waitFor();

before(enter);
after(close);

test("the kit comes without Electron", () => {
  assert.ok(!existsSync("node_modules/electron"));
});

test("the kit's own React package signs in, switches the organization and signs out", async () => {
  const page = await openInstead("electron.html");
  const other = await openInstead("electron.html");
  await heading(page, "Nobody");

  const refused = await opens(page, "Sign in");
  await refused.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("alert").getByText("access_denied").waitFor();
  await refused.close();

  await signIn(page, "bob@example.com");
  await heading(page, "Bob bob@example.com");
  await heading(other, "Bob bob@example.com");
  const { organizations } = await control("organizations");
  const before = await page.locator("#organization").textContent();
  const target = organizations.find(({ ID }) => ID !== before);
  assert.ok(
    organizations.some(({ ID }) => ID === before),
    `${before} is no organization`,
  );
  const tokenOf = async (p) => {
    await p.waitForFunction(
      () => document.querySelector("#token").textContent.split(".").length === 3,
    );
    return p.locator("#token").textContent();
  };
  const token = await tokenOf(page);

  await page.getByLabel("To").fill(target.ID);
  await page.getByRole("button", { name: "Switch" }).click();
  for (const p of [page, other]) {
    await p.locator("#organization").getByText(target.ID).waitFor();
    await p.waitForFunction((old) => document.querySelector("#token").textContent !== old, token);
  }
  const claims = JSON.parse(Buffer.from((await tokenOf(page)).split(".")[1], "base64url"));
  assert.equal(claims.org_id, target.ID);
  assert.equal(await page.locator("#role").textContent(), claims.role);
  assert.equal(await page.locator("#permissions").textContent(), claims.permissions.join(" "));

  await page.reload();
  await heading(page, "Bob bob@example.com");
  await signOut(other);
  await heading(page, "Nobody");
  await heading(other, "Nobody");
});

test("a page that knows only window.auth runs unchanged", async () => {
  const page = await openInstead("older.html");
  await heading(page, "Nobody");
  await signIn(page, "alice@example.com");
  await heading(page, "alice@example.com");
  await page.reload();
  await heading(page, "alice@example.com");
  await signOut(page);
  await heading(page, "Nobody");
});
