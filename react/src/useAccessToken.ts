import { useCallback, useEffect, useRef, useState } from "react";
import { type AuthKitError, toAuthKitError } from "./errors.js";
import { useAuthState, useAuthStore } from "./provider.js";
import type { State } from "./store.js";

export interface UseAccessTokenResult {
  /** Null while it is being fetched for the first time, and when nobody is signed in. */
  accessToken: string | null;
  isLoading: boolean;
  error: AuthKitError | null;
  /** Fetches again. Resolves with null when there is no token to be had. */
  readonly refresh: () => Promise<string | null>;
}

interface Fetched {
  holder: string | null;
  accessToken: string | null;
  error: AuthKitError | null;
}

/**
 * The access token, for showing it. To call an API take `getAccessToken` from `useAuth` right before
 * each call: it is never stale.
 */
export function useAccessToken(): UseAccessTokenResult {
  const store = useAuthStore();
  const holder = useAuthState(holderOf);
  const expiresAt = useAuthState((state) => state.expiresAt);
  const unknown = useAuthState((state) => state.status === "loading");
  const [fetched, setFetched] = useState<Fetched | null>(null);
  const latest = useRef(0);

  const refresh = useCallback(async () => {
    const mine = ++latest.current;
    const next = await fetchToken();
    // An older answer must not overwrite a newer one.
    if (mine === latest.current) setFetched(next);
    return next.accessToken;

    async function fetchToken(): Promise<Fetched> {
      try {
        return { holder, accessToken: await store.actions.getAccessToken(), error: null };
      } catch (thrown) {
        return { holder, accessToken: null, error: toAuthKitError(thrown) };
      }
    }
  }, [store, holder]);

  useEffect(() => {
    if (holder !== null) void refresh();
  }, [holder, expiresAt, refresh]);

  // Compared at render, so that not even one frame shows a token of somebody who has left.
  const mine = holder !== null && fetched?.holder === holder ? fetched : null;
  return {
    accessToken: mine?.accessToken ?? null,
    error: mine?.error ?? null,
    isLoading: unknown || (holder !== null && mine === null),
    refresh,
  };
}

function holderOf({ status, sessionId, organizationId }: State): string | null {
  return status === "signed-in" ? JSON.stringify([sessionId, organizationId]) : null;
}
