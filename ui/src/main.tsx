import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { makeQueryClient } from "./api/queries";
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
          <Routes />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}
