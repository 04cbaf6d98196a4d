import type { WailsRuntime } from "@authkit-desktop/react";

/**
 * Events of an app that is served to a browser tab. Wails' own channel there asks for no cookie and
 * says nothing when it has lost something, so the app has a stream behind its door instead. Each time
 * it (re)connects, listeners get `null`: "ask, you may have missed something".
 */
export const serverEvents: WailsRuntime["Events"] = {
  On(name, callback) {
    const stream = new EventSource("/events");
    stream.onopen = () => {
      callback({ data: null });
    };
    stream.addEventListener(name, ({ data }) => {
      callback({ data: JSON.parse(String(data)) });
    });
    // The app runs elsewhere, perhaps, and asks for what it would open in a browser: here is one. Of
    // several tabs only the one opens it in which the person has asked.
    stream.addEventListener("open-page", ({ data }) => {
      if (!document.hasFocus()) return;
      window.open(String(JSON.parse(String(data))), "_blank", "noopener,noreferrer");
    });
    return () => {
      stream.close();
    };
  },
};
