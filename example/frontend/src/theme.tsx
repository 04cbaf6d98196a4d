import { Theme } from "@radix-ui/themes";
import { useState, useSyncExternalStore, type ReactNode } from "react";

export const schemes = ["light", "dark", "system"] as const;
export type Scheme = (typeof schemes)[number];

const storageKey = "color-scheme";
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

function followSystem(onChange: () => void) {
  systemIsDark.addEventListener("change", onChange);
  return () => {
    systemIsDark.removeEventListener("change", onChange);
  };
}

function storedScheme(): Scheme {
  const stored = localStorage.getItem(storageKey);
  return schemes.find((scheme) => scheme === stored) ?? "system";
}

export interface SchemeChoice {
  scheme: Scheme;
  choose: (scheme: Scheme) => void;
}

/** Light, dark, or what the system says; the choice is remembered. */
export function Themed({ children }: { children: (choice: SchemeChoice) => ReactNode }) {
  const [scheme, setScheme] = useState(storedScheme);
  const dark = useSyncExternalStore(followSystem, () => systemIsDark.matches);
  function choose(next: Scheme) {
    localStorage.setItem(storageKey, next);
    setScheme(next);
  }
  return (
    <Theme
      accentColor="iris"
      grayColor="slate"
      radius="large"
      appearance={scheme === "system" ? (dark ? "dark" : "light") : scheme}
    >
      {children({ scheme, choose })}
    </Theme>
  );
}
