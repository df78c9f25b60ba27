// What arrives at a project: the collector, rows and labels over time, what was refused, columns, rows, runs.

import { useNavigate, useParams } from "react-router";
import { useEffect, useMemo } from "react";
import { useData, useJobs, useLive, useProject, useRunJob, useSample, useSnapshots } from "../api/queries";
import type { ProjectData, Task } from "../api/schema";
import { preloadCharts } from "../charts/EChart";
import { inline } from "../components/inline";
import { loaded, type Loaded } from "../components/loaded";
import { Failure } from "../components/Message";
import { ProjectNav } from "../components/ProjectNav";
import { Shell } from "../components/Shell";
import { CollectorCard, StateMark } from "../data/CollectorCard";
import { ArrivalsCard, comeLate, LabelsCard, WindowRowsCard, type LabelData } from "../data/FlowCards";
import { RunsCard } from "../data/RunsCard";
import { ColumnsCard, RejectsCard, SampleCard, SchemaChangesCard } from "../data/TableCards";
import { formatMoment } from "../format/time";
import { projectPath, snapshotPath } from "../model/links";
import { TASK_NAME } from "../model/status";

const SAMPLE_ROWS = 20;

function lead(data: ProjectData, lastData: string | null, zone: string): string {
  const task = (t: Task | null): string => (t ? TASK_NAME[t.kind] : "Data only");
  const source = data.source === null ? "" : ` · from \`${data.source}\``;
  return `${task(data.task)}${source} · last data ${formatMoment(data.live?.last_event_time ?? lastData, zone)} (${zone})`;
}

export function DataPage() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  useEffect(preloadCharts, []);
  useLive(id, false);
  const project = useProject(id);
  const data = useData(id);
  const sample = useSample(id, SAMPLE_ROWS);
  const jobs = useJobs(id);
  const metas = useSnapshots(id, "report");
  const run = useRunJob(id);

  const title = project.data?.summary.title ?? id;
  const zone = data.data?.timezone ?? project.data?.summary.timezone ?? "UTC";
  const crumbs = [{ label: "Projects", to: "/" }, { label: title, to: projectPath(id) }, { label: "Data" }];
  const state = useMemo<Loaded<ProjectData>>(() => loaded(data, zone, (d) => d), [data, zone]);
  const windows = useMemo(() => loaded(metas, zone, (m) => m), [metas, zone]);
  const labels = useMemo<Loaded<LabelData>>(() => {
    if (state.state !== "full") return state;
    if (windows.state !== "full") return windows;
    return { state: "full", data: { flow: state.data.labels, metas: windows.data }, ...(state.staleSince === undefined ? {} : { staleSince: state.staleSince }) };
  }, [state, windows]);
  const late = labels.state === "full" && comeLate(labels.data);
  const open = (snapshot: string): void => void navigate(snapshotPath(id, snapshot));
  const live = data.data?.live ?? null;
  const arrives = live !== null || (data.data?.arrivals.length ?? 0) > 0;

  const runs = (span: number) => (
    <RunsCard state={loaded(jobs, zone, (j) => j)} zone={zone} span={span} sentTo={live === null ? null : id} now={{ run: () => run.mutate(), asking: run.isPending, error: run.error?.message ?? null }} />
  );

  if (project.error && !project.data) {
    return <Shell title={`Data · ${title}`} crumbs={crumbs}><div style={{ height: 360 }}><Failure error={project.error} retry={() => void project.refetch()} /></div></Shell>;
  }
  return (
    <Shell title={`Data · ${title}`} crumbs={crumbs} nav={<ProjectNav project={id} current="data" />}>
      <div className="page-head">
        <div>
          <h1 className="with-status">Data of {title} {live && <StateMark state={live.state} pill />}</h1>
          <p className="lead">{data.data ? inline(lead(data.data, project.data?.summary.last_data_time ?? null, zone)) : <>&nbsp;</>}</p>
        </div>
      </div>
      <div className="grid12 data-grid">
        {(state.state !== "full" || arrives) && <CollectorCard state={state} project={id} zone={zone} origin={location.origin} />}
        {arrives && <ArrivalsCard state={state} zone={zone} />}
        <WindowRowsCard state={windows} zone={zone} open={open} />
        <LabelsCard state={labels} zone={zone} open={open} />
        {!late && runs(6)}
        {arrives && <RejectsCard state={state} zone={zone} />}
        {arrives && <SchemaChangesCard state={state} zone={zone} />}
        <ColumnsCard state={state} span={arrives ? 4 : 6} />
        {arrives && <SampleCard state={loaded(sample, zone, (s) => s)} />}
        {state.state === "full" && !arrives && <CollectorCard state={state} project={id} zone={zone} origin={location.origin} span={6} />}
        {late && runs(12)}
      </div>
    </Shell>
  );
}
