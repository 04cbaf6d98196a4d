// What jsdom lacks and Radix asks for.
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

configure({ asyncUtilTimeout: 20_000 });
vi.stubGlobal("matchMedia", (media: string) => ({
  media,
  matches: false,
  addEventListener: () => {},
  removeEventListener: () => {},
}));
vi.stubGlobal(
  "ResizeObserver",
  class {
    observe = () => {};
    unobserve = () => {};
    disconnect = () => {};
  },
);
Element.prototype.hasPointerCapture = () => false;
Element.prototype.scrollIntoView = () => {};

beforeEach(() => {
  localStorage.clear();
  document.title = "";
  history.replaceState(null, "", "/");
});
afterEach(cleanup);
