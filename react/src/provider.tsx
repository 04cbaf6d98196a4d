import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from "react";
import type { AuthStore, State } from "./store.js";

const StoreContext = createContext<AuthStore | null>(null);

export interface AuthKitProviderProps {
  /** Made once, outside of components: `createAuthStore(createWailsTransport({ Call, Events }))`. */
  store: AuthStore;
  children: ReactNode;
}

export function AuthKitProvider({ store, children }: AuthKitProviderProps) {
  // Keeps the store listening while hooks come and go, so that a change of page does not ask again.
  useEffect(() => store.subscribe(() => {}), [store]);
  return <StoreContext.Provider value={store}>{children}</StoreContext.Provider>;
}

/** The store of the nearest provider, e.g. for `reload`. */
export function useAuthStore(): AuthStore {
  const store = useContext(StoreContext);
  if (!store) {
    throw new Error("useAuth was used outside of <AuthKitProvider>: wrap the page in it");
  }
  return store;
}

/** One part of the state; renders again only when that part is another one. */
export function useAuthState<T>(select: (state: State) => T): T {
  const store = useAuthStore();
  const selected = () => select(store.getState());
  return useSyncExternalStore(store.subscribe, selected, selected);
}
