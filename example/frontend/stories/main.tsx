// One state of the app, without the app: /stories/?demo#/account. Served by `npm run dev` and not part of the build.
import { AuthKitProvider, createAuthStore } from "@authkit-desktop/react";
import { createFakeTransport } from "@authkit-desktop/react/testing";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "../src/App.js";
import { HostContext } from "../src/host.js";
import "../src/styles.js";
import { api, stories, type Story } from "./stories.js";

const name = location.search.slice(1) as keyof typeof stories;
const story: Story = stories[name];
if (story.route) history.replaceState(null, "", story.route);

const transport = createFakeTransport(story.state);
transport.others = story.others ?? [];
window.fetch = (path) => Promise.resolve(Response.json(api[path as string]));
if (story.broken) {
  const failure = {
    code: "bridge_failed",
    message: "the app does not answer",
    hint: "Start the app again.",
  };
  transport.failNextCall(failure);
}
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <HostContext value={{ inWindow: !story.tab, copy: () => Promise.resolve() }}>
        <AuthKitProvider store={createAuthStore(transport)}>
          <App />
        </AuthKitProvider>
      </HostContext>
    </StrictMode>,
  );
}
