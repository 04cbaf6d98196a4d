import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import app from "../app.json" with { type: "json" };

const title = {
  name: "title",
  transformIndexHtml: (page: string) => page.replace("APP_NAME", app.name),
};

export default defineConfig({
  plugins: [react(), title],
  // The linked package has a React of its own, for its tests; the page must have one only.
  resolve: { dedupe: ["react", "react-dom"] },
  server: { host: "127.0.0.1", strictPort: true },
  test: {
    environment: "jsdom",
    testTimeout: 60_000, // a busy machine takes its time
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/browser.ts"],
  },
});
