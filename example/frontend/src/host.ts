import { Browser } from "@wailsio/runtime";

// A page runs either in a window of the app or, where there is no display, in a browser tab that the app serves.
declare global {
  interface Window {
    webkit?: { messageHandlers?: { external?: unknown } };
    chrome?: { webview?: unknown };
  }
}

export const inAppWindow = Boolean(
  window.webkit?.messageHandlers?.external ?? window.chrome?.webview,
);

/** Opens a page in the person's own browser. */
export function openOutside(url: string) {
  void Browser.OpenURL(url);
}
