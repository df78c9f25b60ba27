// The pages of one project, in the header.

import { Link } from "react-router";
import { dataPath, projectPath } from "../model/links";

export function ProjectNav({ project, current }: { project: string; current: "dashboard" | "data" | null }) {
  const pages = [
    { id: "dashboard", label: "Dashboard", to: projectPath(project) },
    { id: "data", label: "Data", to: dataPath(project) },
  ] as const;
  return (
    <nav className="project-nav" aria-label="Pages of the project">
      {pages.map((p) => <Link key={p.id} to={p.to} aria-current={p.id === current ? "page" : undefined}>{p.label}</Link>)}
    </nav>
  );
}
