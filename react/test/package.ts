// The package as an app gets it: packed, installed into a fresh Vite app, type-checked and built there. And all tests of
// the page once more, in a copy of this folder that has React 18.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";

const app = mkdtempSync(path.join(tmpdir(), "fresh-app-"));
const copy = mkdtempSync(path.join(tmpdir(), "react-18-"));

function run(folder: string, command: string, ...args: string[]) {
  const env = { ...process.env, REACT: "18" };
  return execFileSync(command, args, { cwd: folder, env, encoding: "utf8", stdio: "pipe" });
}

const npmInstall = ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];

const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  devDependencies: Record<string, string>;
};

const files: Record<string, string> = {
  "package.json": JSON.stringify({ name: "fresh-app", private: true, type: "module" }),
  "index.html": '<div id="root"></div><script type="module" src="/src/main.tsx"></script>',
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2022",
      module: "ESNext",
      moduleResolution: "bundler",
      jsx: "react-jsx",
      strict: true,
      noEmit: true,
      lib: ["ES2023", "DOM"],
      types: [],
    },
    include: ["src"],
  }),
  "src/main.tsx": `
    import { AuthKitProvider, SignInButton, SignedIn, SignedOut, createAuthStore, exposeElectronBridge, useAccessToken, useAuth } from "@authkit-desktop/react";
    import { createWailsTransport } from "@authkit-desktop/react/wails";
    import { Call, Events } from "@wailsio/runtime";
    import { createRoot } from "react-dom/client";

    const store = createAuthStore(createWailsTransport({ Call, Events }));
    exposeElectronBridge(store);
    function Page() {
      const { user, organizationId, signOut } = useAuth();
      const { accessToken } = useAccessToken();
      return (
        <>
          <SignedIn><button onClick={() => void signOut()}>{user?.email} {organizationId} {accessToken}</button></SignedIn>
          <SignedOut><SignInButton options={{ screenHint: "sign-up" }} /></SignedOut>
        </>
      );
    }
    createRoot(document.getElementById("root")!).render(<AuthKitProvider store={store}><Page /></AuthKitProvider>);
  `,
  // The whole package and nothing else, to be weighed.
  "src/whole.ts": 'export * from "@authkit-desktop/react";',
};

beforeAll(() => {
  mkdirSync(path.join(app, "src"));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(app, name), content);
  const [packed] = JSON.parse(run(".", "npm", "pack", "--json", "--pack-destination", app)) as {
    filename: string;
  }[];
  const wanted = ["react", "react-dom", "@types/react", "@types/react-dom", "typescript"].map(
    (name) => `${name}@${devDependencies[name] ?? ""}`,
  );
  wanted.push(`./${packed?.filename ?? ""}`, "@wailsio/runtime@3.0.0-beta.24", "vite@8.3.8");
  run(app, "npm", ...npmInstall, ...wanted);
});

afterAll(() => {
  for (const folder of [app, copy]) rmSync(folder, { recursive: true });
});

it("builds in a fresh Vite app, with its types", () => {
  run(app, "npx", "tsc");
  run(app, "npx", "vite", "build", "--logLevel", "error");
  expect(readdirSync(path.join(app, "dist"))).toContain("index.html");
});

it("adds at most 4 kB to a page, compressed, and depends on nothing", () => {
  const installed = path.join(app, "node_modules/@authkit-desktop/react");
  const manifest = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8")) as object;
  expect(manifest).not.toHaveProperty("dependencies");
  writeFileSync(
    path.join(app, "weigh.config.js"),
    `export default { build: { outDir: "weighed", lib: { entry: "src/whole.ts", formats: ["es"], fileName: "whole" },
       minify: true, rollupOptions: { external: [/^react/] } } };`,
  );
  run(app, "npx", "vite", "build", "--config", "weigh.config.js", "--logLevel", "error");
  const [whole] = readdirSync(path.join(app, "weighed"));
  const size = gzipSync(readFileSync(path.join(app, "weighed", whole ?? ""))).length;
  console.log(`${String(size)} bytes, compressed, without React`);
  expect(size).toBeLessThanOrEqual(4096);
});

it("passes all tests of the page with React 18, too", () => {
  for (const folder of ["src", "test"]) {
    cpSync(folder, path.join(copy, folder), { recursive: true });
  }
  rmSync(path.join(copy, "test/package.ts"));
  const react18 = { react: "18.3.1", "react-dom": "18.3.1" };
  const needed = Object.fromEntries(
    ["@testing-library/dom", "@testing-library/react", "jsdom", "vitest"].map((name) => [
      name,
      devDependencies[name],
    ]),
  );
  writeFileSync(
    path.join(copy, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: { ...needed, ...react18 } }),
  );
  run(copy, "npm", ...npmInstall);
  const config = '{ test: { environment: "jsdom", include: ["test/**/*.test.{ts,tsx}"] } }';
  writeFileSync(path.join(copy, "vitest.config.js"), `export default ${config};`);
  expect(run(copy, "npx", "vitest", "run", "--reporter", "dot")).toContain("passed");
});
