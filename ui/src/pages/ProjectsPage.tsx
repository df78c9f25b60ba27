// All projects: is my model healthy?

import { useMemo } from "react";
import { Link } from "react-router";
import { useProjects } from "../api/queries";
import type { ProjectSummary } from "../api/schema";
import { Empty, Failure, Loading } from "../components/Message";
import { Icon } from "../components/Icon";
import { Shell } from "../components/Shell";
import { StatusMark } from "../components/StatusMark";
import { StatusStrip } from "../components/StatusStrip";
import { formatCount, formatShare, MISSING } from "../format/number";
import { formatMoment, formatWindow } from "../format/time";
import { projectPath, snapshotPath } from "../model/links";
import { HEALTH_WORD, severityRank, TASK_NAME } from "../model/status";
import { cellText } from "../panels/HealthStrip";
import { useParameters } from "./params";

type Order = "health" | "name";

function arrange(projects: readonly ProjectSummary[], search: string, order: Order): ProjectSummary[] {
  const words = search.toLowerCase();
  const byName = (a: ProjectSummary, b: ProjectSummary): number => a.title.localeCompare(b.title);
  return projects
    .filter((p) => `${p.title} ${p.id} ${p.task ? TASK_NAME[p.task.kind] : ""}`.toLowerCase().includes(words))
    .toSorted((a, b) => (order === "health" ? severityRank(a.health) - severityRank(b.health) || byName(a, b) : byName(a, b)));
}

function ProjectRow({ project }: { project: ProjectSummary }) {
  const { last_window: window, strip, timezone: zone } = project;
  return (
    <li className="card project">
      <div className="project-name">
        <h2><Link to={projectPath(project.id)} className="stretched">{project.title}</Link></h2>
        <p className="muted">{project.task ? TASK_NAME[project.task.kind] : "Data only"}{project.title === project.id ? "" : ` · ${project.id}`}</p>
      </div>
      <div className="project-health"><StatusMark status={project.health} word={HEALTH_WORD[project.health]} pill /></div>
      <div className="project-strip">
        {strip.length > 0 ? (
          <StatusStrip
            label={`Health of ${project.title}, last ${strip.length} windows`}
            height={32}
            bars={strip.map((c) => ({ key: `${c.start} ${c.snapshot}`, status: c.status, label: formatWindow(c, zone), more: cellText(c), to: c.snapshot === "" ? projectPath(project.id) : snapshotPath(project.id, c.snapshot) }))}
          />
        ) : <span className="muted">No window evaluated yet</span>}
      </div>
      <dl className="project-facts">
        <div><dt>Last data</dt><dd>{project.last_data_time ? formatMoment(project.last_data_time, zone).replace(" 00:00", "") : MISSING}</dd></div>
        <div data-tip={window ? `Last window\n${formatWindow(window, zone)}` : undefined}><dt>Rows</dt><dd>{formatCount(project.rows)}</dd></div>
        <div><dt>Drifted</dt><dd>{formatShare(project.drifted_share)}</dd></div>
        <div><dt>Snapshots</dt><dd>{formatCount(project.snapshots)}</dd></div>
      </dl>
    </li>
  );
}

export function ProjectsPage() {
  const [params, set] = useParameters();
  const search = params.get("search") ?? "";
  const order: Order = params.get("sort") === "name" ? "name" : "health";
  const projects = useProjects();
  const shown = useMemo(() => arrange(projects.data ?? [], search, order), [projects.data, search, order]);

  const sick = (projects.data ?? []).filter((p) => p.health === "fail" || p.health === "error").length;
  const total = projects.data?.length ?? 0;
  const lead = projects.data === undefined ? " " : total === 0 ? "No project yet" : `${total} ${total === 1 ? "project" : "projects"}, ${sick === 0 ? "none failing" : `${sick} failing`}`;

  return (
    <Shell title="Projects">
      <div className="page-head">
        <div>
          <h1>Projects</h1>
          <p className="lead">{lead}</p>
        </div>
        {total > 0 && (
          <div className="page-tools">
            <label className="search">
              <Icon name="search" />
              <span className="visually-hidden">Search projects</span>
              <input className="field" type="search" placeholder="Search" value={search} onChange={(e) => set({ search: e.target.value })} />
            </label>
            <div className="segmented" role="group" aria-label="Sort by">
              <button type="button" aria-pressed={order === "health"} onClick={() => set({ sort: null })}>Health</button>
              <button type="button" aria-pressed={order === "name"} onClick={() => set({ sort: "name" })}>Name</button>
            </div>
          </div>
        )}
      </div>
      {projects.isPending && <div className="projects">{[0, 1].map((i) => <Loading key={i} height={92} label="Loading projects" />)}</div>}
      {projects.isError && projects.data === undefined && <Failure error={projects.error} retry={() => void projects.refetch()} />}
      {projects.data !== undefined && total === 0 && (
        <div className="card first-project">
          <Empty command={"plimsoll run project.yaml --workspace DIR\nplimsoll demo"}>
            A project appears here when its first window has been evaluated. Run your own, or load two real data sets:
          </Empty>
        </div>
      )}
      {total > 0 && shown.length === 0 && <Empty>No project matches “{search}”.</Empty>}
      {shown.length > 0 && <ul className="projects" aria-label="Projects">{shown.map((p) => <ProjectRow key={p.id} project={p} />)}</ul>}
    </Shell>
  );
}
