// What the tests have in common: the app that the Go side has started, one browser that has entered it, and the person at it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { APP_LINK, CONTROL, CHROMIUM = "/usr/bin/chromium" } = process.env;
export const origin = new URL(APP_LINK).origin;

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});
export const context = await browser.newContext({ viewport: { width: 960, height: 720 } });
context.setDefaultTimeout(15_000);

export const close = () => browser.close();

/** Follows the link that the app has printed, which works once. */
export async function enter() {
  const page = await context.newPage();
  await page.goto(APP_LINK);
  await page.waitForURL(`${origin}/`);
  await page.close();
}

/** Asks the Go side to do something to the network or to AuthKit. */
export async function control(what, body = {}) {
  const answer = await fetch(`${CONTROL}/${what}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, `${what}: ${await answer.clone().text()}`);
  return answer.json();
}

/** Presses the button, and fills in the sign-in page that opens beside the app. */
export async function signIn(page, email, button = "Sign in") {
  const signInPage = await opens(page, button);
  await signInPage.fill("#email", email);
  await signInPage.fill("#password", "emulator-demo");
  await signInPage.click("button[type=submit]");
  await Promise.race([signInPage.waitForURL(isBack), chooseOrganization(signInPage)]);
  await signInPage.close();
}

const isBack = (url) => url.pathname === "/callback";

/** Presses the button, and lets the page end the session that the browser remembers. */
export async function signOut(page) {
  const ending = await opens(page, "Sign out");
  await ending.getByText("signed out").first().waitFor();
  await ending.close();
}

/** Who belongs to several organizations is asked for one. */
async function chooseOrganization(page) {
  await page.getByRole("button", { name: "Acme" }).click();
  await page.waitForURL(isBack);
}

/** Presses the button, and gives the page that opens beside the app. */
export async function opens(page, button) {
  const [opened] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("button", { name: button, exact: true }).last().click(),
  ]);
  await opened.waitForLoadState();
  return opened;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing on the page as it is now keeps anybody from using it. Axe goes past the page's policy, as an extension does. */
export async function accessible(page) {
  await page.bringToFront(); // a tab behind another one stops halfway between two colours
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`.radix-themes.${colorScheme}`).waitFor();
    await page.waitForFunction(
      () => !document.getAnimations().some((one) => one instanceof CSSTransition),
    );
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]),
      [],
    );
  }
}
