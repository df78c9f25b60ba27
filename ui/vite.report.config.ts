import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

// The page of a report in one file: everything it needs stands in it.
export default defineConfig({
  plugins: [react(), viteSingleFile()],
  publicDir: false,
  build: { emptyOutDir: false, sourcemap: false, chunkSizeWarningLimit: 2000, rolldownOptions: { input: "report.html" } },
});
