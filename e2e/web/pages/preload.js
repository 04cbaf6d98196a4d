// What takes the place of Electron's preload script. It is all that the two pages beside it need.
import { exposeElectronBridge } from "@authkit-desktop/react/electron";
import { createAuthStore } from "@authkit-desktop/react/store";
import { createWailsTransport } from "@authkit-desktop/react/wails";
import { Call } from "@wailsio/runtime";
import { serverEvents } from "../../../example/frontend/src/serverEvents.ts";

exposeElectronBridge(createAuthStore(createWailsTransport({ Call, Events: serverEvents })));
