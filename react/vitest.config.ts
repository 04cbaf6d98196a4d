import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "page",
          environment: "jsdom",
          include: ["test/**/*.test.{ts,tsx}"],
          testTimeout: 60_000, // a busy machine takes its time
        },
      },
      // The package as apps get it.
      {
        test: {
          name: "package",
          include: ["test/package.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
