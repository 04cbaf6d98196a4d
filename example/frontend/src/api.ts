import { useAuthStore } from "@authkit-desktop/react";
import { useCallback } from "react";

export interface Answer {
  status: number;
  body: unknown;
}

/** Calls the API with a token that is fresh enough now. The token goes into the header, and nowhere else. */
export function useApi(): (path: string) => Promise<Answer> {
  const { actions } = useAuthStore();
  return useCallback(
    async (path) => {
      const token = await actions.getAccessToken();
      const response = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
      return { status: response.status, body: (await response.json()) as unknown };
    },
    [actions],
  );
}
