// The pages by address.

import { Link, Route, Routes as Switch } from "react-router";
import { Empty } from "./components/Message";
import { Shell } from "./components/Shell";
import { DashboardPage } from "./pages/DashboardPage";
import { DataPage } from "./pages/DataPage";
import { ProjectsPage } from "./pages/ProjectsPage";
import { SnapshotPage } from "./pages/SnapshotPage";

export function Routes() {
  return (
    <Switch>
      <Route path="/" element={<ProjectsPage />} />
      <Route path="/projects" element={<ProjectsPage />} />
      <Route path="/projects/:id" element={<DashboardPage />} />
      <Route path="/projects/:id/data" element={<DataPage />} />
      <Route path="/projects/:id/snapshots/:sid" element={<SnapshotPage />} />
      <Route
        path="*"
        element={
          <Shell title="Not found" crumbs={[{ label: "Not found" }]}>
            <div style={{ height: 300 }}><Empty>There is no page at this address. <Link to="/">All projects</Link> are a good place to go on.</Empty></div>
          </Shell>
        }
      />
    </Switch>
  );
}
