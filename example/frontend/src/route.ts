import { useSyncExternalStore } from "react";

export type Route = "home" | "account";

function currentRoute(): Route {
  return window.location.hash === "#/account" ? "account" : "home";
}

function onHashChange(changed: () => void) {
  window.addEventListener("hashchange", changed);
  return () => {
    window.removeEventListener("hashchange", changed);
  };
}

/** Two pages need no router: the fragment keeps Back, Forward and Reload working. */
export function useRoute(): Route {
  return useSyncExternalStore(onHashChange, currentRoute);
}

export const linkTo: Record<Route, string> = { home: "#/", account: "#/account" };
