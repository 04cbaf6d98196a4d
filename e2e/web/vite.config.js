import { defineConfig } from "vite";

export default defineConfig({
  root: "pages",
  resolve: { dedupe: ["react", "react-dom"] },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    rollupOptions: { input: ["pages/electron.html", "pages/older.html"] },
  },
});
