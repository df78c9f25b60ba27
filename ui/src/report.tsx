// A report in one file: the snapshot stands in the page itself, and nothing is fetched.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { MemoryRouter } from "react-router";
import { makeQueryClient } from "./api/queries";
import type { Snapshot } from "./api/schema";
import { Report } from "./snapshot/Report";
import "./theme/theme.css";
import "./theme/base.css";
import "./charts/charts.css";
import "./panels/panels.css";
import "./pages/pages.css";
import "./snapshot/snapshot.css";

const root = document.getElementById("root");
const written = document.getElementById("snapshot")?.textContent;
if (root && written) {
  const snapshot: Snapshot = JSON.parse(written);
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={makeQueryClient()}>
        <MemoryRouter>
          <Report snapshot={snapshot} />
        </MemoryRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}
