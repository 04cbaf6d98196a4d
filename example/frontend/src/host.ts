import { createContext, useContext } from "react";

/** What shows the page, as far as it matters to the page: a window of the app, or a tab of the person's browser. */
export interface Host {
  inWindow: boolean;
  copy: (text: string) => Promise<void>;
}

export const HostContext = createContext<Host>({
  inWindow: false,
  copy: (text) => navigator.clipboard.writeText(text),
});

export const useHost = () => useContext(HostContext);
