// Pictures of every story in light, dark and narrow, into pictures/; each one is also looked over by axe.
//     npm run pictures [story…]
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { createServer } from "vite";

const looks = {
  light: { colorScheme: "light", viewport: { width: 960, height: 680 } },
  dark: { colorScheme: "dark", viewport: { width: 960, height: 680 } },
  narrow: { colorScheme: "light", viewport: { width: 360, height: 680 } },
};
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const server = await createServer({ server: { port: 0 }, logLevel: "error" });
await server.listen();
const { port } = server.httpServer.address();
const base = `http://127.0.0.1:${port}/stories/`;
const { stories } = await server.ssrLoadModule("/stories/stories.ts");
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(stories);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
await mkdir("pictures", { recursive: true });
let faults = 0;
try {
  for (const [look, options] of Object.entries(looks)) {
    const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
    for (const story of wanted) await picture(context, story, look);
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(`${wanted.length * Object.keys(looks).length} pictures, ${faults} faults`);
process.exitCode = faults ? 1 : 0;

async function picture(context, story, look) {
  const page = await context.newPage();
  page.on("pageerror", (error) => report(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") report(message.text());
  });
  await page.clock.setFixedTime(new Date("2026-01-02T03:04:05Z"));
  await page.goto(`${base}?${story}`);
  await page.waitForSelector("h1");
  await page.waitForFunction(() => document.getAnimations().length === 0); // reduced motion: each plays once
  await page.screenshot({ path: `pictures/${story}-${look}.png`, fullPage: true });
  if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) {
    report("wider than the window");
  }
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, help, nodes } of violations) {
    report(`${id}: ${help}\n    ${nodes.map((node) => node.html).join("\n    ")}`);
  }
  await page.close();

  function report(fault) {
    faults += 1;
    console.error(`${story}, ${look}: ${fault}`);
  }
}
