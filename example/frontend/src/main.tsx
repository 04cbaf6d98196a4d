import { AuthKitProvider, createAuthStore, createWailsTransport } from "@authkit-desktop/react";
import { Call } from "@wailsio/runtime";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { HostContext } from "./host.js";
import { keepForeignPagesOut } from "./outside.js";
import { openOutside, wailsEvents, wailsHost } from "./wailsHost.js";
import "./styles.js";

const store = createAuthStore(createWailsTransport({ Call, Events: wailsEvents }));

// A browser tab needs no such care: another page in it has no way to the app.
if (wailsHost.inWindow) keepForeignPagesOut(document, openOutside);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <HostContext value={wailsHost}>
        <AuthKitProvider store={store}>
          <App />
        </AuthKitProvider>
      </HostContext>
    </StrictMode>,
  );
}
