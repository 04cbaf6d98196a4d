import type { WailsRuntime } from "@authkit-desktop/react";
import { Browser, Clipboard, Events } from "@wailsio/runtime";
import type { Host } from "./host.js";
import { serverEvents } from "./serverEvents.js";

declare global {
  interface Window {
    webkit?: { messageHandlers?: { external?: unknown } };
    chrome?: { webview?: unknown };
  }
}

const inWindow = Boolean(window.webkit?.messageHandlers?.external ?? window.chrome?.webview);

export const wailsHost: Host = {
  inWindow,
  // A page in a window is no "secure context" on every system, so the engine's own clipboard may be missing there.
  copy: (text) => (inWindow ? Clipboard.SetText(text) : navigator.clipboard.writeText(text)),
};

export const wailsEvents: WailsRuntime["Events"] = inWindow ? Events : serverEvents;

/** Opens a page in the person's own browser, if the app knows the site. */
export function openOutside(url: string) {
  void Browser.OpenURL(url);
}
