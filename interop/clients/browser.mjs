// A browser for a Go test, without a window: node browser.mjs CHROMIUM FOLDER_FOR_PICTURES
// The calls come in and their results go out as serve.mjs says.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const [executablePath, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});

/** A new person's browser. */
async function visit() {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

let page = await visit();

async function leaving(act) {
  const loaded = page.waitForEvent('load');
  await act();
  await loaded;
}

/** What a person can act on, with a name for messages. A radio group is one stop. */
function controls() {
  const name = (e) => `${e.localName} ${e.id || e.name || e.textContent.trim()}`;
  return [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')]
    .filter((e) => e.checkVisibility() && !(e.type === 'radio' && !e.checked))
    .map(name);
}

/** What has the focus, and whether one sees it. */
function focused() {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(e);
  return { name: `${e.localName} ${e.id || e.name || e.textContent.trim()}`, seen: outlineStyle !== 'none' && outlineWidth !== '0px' };
}

/** Walks with the Tab key once around, and gives what it did not reach or what did not show the focus. */
async function walk() {
  const left = await page.evaluate(controls);
  const problems = [];
  await page.evaluate(() => document.activeElement?.blur());
  for (let steps = left.length + 3; steps > 0; steps--) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(focused);
    if (!at) continue;
    if (!at.seen) problems.push(`the focus cannot be seen on ${at.name}`);
    const i = left.indexOf(at.name);
    if (i >= 0) left.splice(i, 1);
  }
  return [...problems, ...left.map((name) => `the Tab key does not reach ${name}`)];
}

async function audit(name) {
  const problems = await walk();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`), fullPage: true });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    problems.push(...violations.map((v) => `${colorScheme}: ${v.id}, ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`));
  }
  await page.setViewportSize({ width: 360, height: 640 }); // a small telephone
  await page.screenshot({ path: join(pictures, `${name}-narrow.png`), fullPage: true });
  await page.setViewportSize({ width: 320, height: 640 }); // WCAG 1.4.10
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) problems.push('320 pixels are too narrow for it');
  await page.setViewportSize({ width: 1280, height: 720 });
  return { heading: await page.locator('h1').innerText(), problems };
}

await serve({
  page: {
    audit,
    open: async (url) => { await page.goto(url); },
    fill: (label, text) => page.getByLabel(label, { exact: true }).fill(text),
    /** Both lead to another page, and wait for it. */
    click: (role, name) => leaving(() => page.getByRole(role, { name }).click()),
    submit: () => leaving(() => page.keyboard.press('Enter')),
    tab: () => page.keyboard.press('Tab'),
    /** Types where the page has put the focus. */
    type: async (text) => {
      await page.locator('input:focus').waitFor();
      await page.keyboard.type(text);
    },
    url: () => page.url(),
    forget: async () => { page = await visit(); },
  },
});
await browser.close();
