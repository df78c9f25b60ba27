import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { makeQueryClient } from "./api/queries";
import { Gate } from "./components/SignIn";
import { Routes } from "./Routes";
import "./theme/theme.css";
import "./theme/base.css";
import "./charts/charts.css";
import "./panels/panels.css";
import "./pages/pages.css";
import "./snapshot/snapshot.css";
import "./data/data.css";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={makeQueryClient()}>
        <BrowserRouter>
          <Gate><Routes /></Gate>
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}
