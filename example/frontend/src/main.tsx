import { AuthKitProvider, createAuthStore, createWailsTransport } from "@authkit-desktop/react";
import { Call, Events } from "@wailsio/runtime";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { inAppWindow, openOutside } from "./host.js";
import { keepForeignPagesOut } from "./outside.js";
import { serverEvents } from "./serverEvents.js";
import "./styles.js";

const store = createAuthStore(
  createWailsTransport({ Call, Events: inAppWindow ? Events : serverEvents }),
);

// A browser tab needs no such care: nothing in it can reach the app without the door's cookie.
if (inAppWindow) keepForeignPagesOut(document, openOutside);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <AuthKitProvider store={store}>
        <App />
      </AuthKitProvider>
    </StrictMode>,
  );
}
