import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "page", environment: "jsdom", include: ["test/**/*.test.{ts,tsx}"] },
      },
      // The package as apps get it.
      { test: { name: "package", include: ["test/package.ts"], testTimeout: 120_000 } },
    ],
  },
});
