// One project over time: tabs of panels over the same range and monitor.

import { useEffect, useState, type KeyboardEvent } from "react";
import { useLocation, useNavigate, useNavigationType, useParams } from "react-router";
import { useDashboard, useLive, useProject, type LiveState } from "../api/queries";
import type { Dashboard, MonitorSummary, ProjectDetail } from "../api/schema";
import { preloadCharts } from "../charts/EChart";
import { Empty, Failure, Loading } from "../components/Message";
import { ProjectNav } from "../components/ProjectNav";
import { Shell } from "../components/Shell";
import { StatusMark } from "../components/StatusMark";
import { formatGranularity, formatMoment } from "../format/time";
import { snapshotPath } from "../model/links";
import { HEALTH_WORD } from "../model/status";
import type { PanelContext } from "../panels/types";
import { PanelHost } from "./PanelHost";
import { useParameters } from "./params";
import { PRESETS, readRange, type TimeRange } from "./range";
import { rememberScroll, useScrollRestored } from "./scroll";

const LIVE_WORD: Record<LiveState, string> = { live: "Live", connecting: "Connecting", paused: "Paused" };

function LiveDot({ state, toggle }: { state: LiveState; toggle: () => void }) {
  const next = state === "paused" ? "Resume live updates" : "Pause live updates";
  return (
    <button type="button" className={`live live-${state}`} onClick={toggle} aria-label={`${LIVE_WORD[state]}. ${next}`} data-tip={`${LIVE_WORD[state]}\n${next}`}>
      <i /> {LIVE_WORD[state]}
    </button>
  );
}

interface Controls {
  detail: ProjectDetail;
  range: TimeRange;
  monitor: string;
  set: (changes: Record<string, string | null>) => void;
}

function Toolbar({ detail, range, monitor, set }: Controls) {
  return (
    <div className="page-tools" role="group" aria-label="Time range and monitor">
      {detail.monitors.length > 1 && (
        <label>
          <span className="visually-hidden">Monitor</span>
          <select className="field" value={monitor} onChange={(e) => set({ monitor: e.target.value })}>
            {detail.monitors.map((m) => <option key={m.name} value={m.name}>{m.every === null || m.name === formatGranularity(m.every) ? m.name : `${m.name} (${formatGranularity(m.every)})`}</option>)}
            <option value="all">All monitors</option>
          </select>
        </label>
      )}
      <div className="segmented" role="group" aria-label="Range, counted back from the last data">
        {PRESETS.map((p) => (
          <button type="button" key={p.id} aria-pressed={range.id === p.id} onClick={() => set({ range: p.id === "all" ? null : p.id, from: null, to: null })}>{p.label}</button>
        ))}
      </div>
      <span className="dates">
        <label>
          <span className="visually-hidden">First day</span>
          <input className="field" type="date" value={range.firstDay} max={range.lastDay} onChange={(e) => e.target.value && set({ range: null, from: e.target.value, to: range.lastDay })} />
        </label>
        –
        <label>
          <span className="visually-hidden">Last day</span>
          <input className="field" type="date" value={range.lastDay} min={range.firstDay} onChange={(e) => e.target.value && set({ range: null, from: range.firstDay, to: e.target.value })} />
        </label>
      </span>
      <span className="muted zone-name">{detail.summary.timezone}</span>
    </div>
  );
}

function Tabs({ dashboard, active, choose }: { dashboard: Dashboard; active: number; choose: (index: number) => void }) {
  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const move = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (move === 0) return;
    const next = (active + move + dashboard.tabs.length) % dashboard.tabs.length;
    choose(next);
    event.currentTarget.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Dashboard" onKeyDown={onKey}>
      {dashboard.tabs.map((tab, i) => (
        <button key={tab.title} type="button" role="tab" id={`tab-${i}`} aria-selected={i === active} aria-controls="tabpanel" tabIndex={i === active ? 0 : -1} onClick={() => choose(i)}>
          {tab.title}
        </button>
      ))}
    </div>
  );
}

/** The monitor that opens: the one with most windows among those with reports. */
function defaultMonitor(monitors: readonly MonitorSummary[]): string {
  const ranked = monitors.toSorted((a, b) => Number(b.kinds.includes("report")) - Number(a.kinds.includes("report")) || b.windows - a.windows);
  return ranked[0]?.name ?? "all";
}

export function DashboardPage() {
  const { id = "" } = useParams();
  const [params, set] = useParameters();
  const location = useLocation();
  const navigate = useNavigate();
  const navigation = useNavigationType();
  const [paused, setPaused] = useState(false);
  useEffect(preloadCharts, []);
  const live = useLive(id, paused);
  const project = useProject(id);
  const dashboard = useDashboard(id);
  const address = `${location.pathname}${location.search}`;
  const returning = navigation === "POP" || (typeof location.state === "object" && location.state !== null && "restore" in location.state);
  const ready = project.data !== undefined && dashboard.data !== undefined;
  useScrollRestored(location.pathname, ready, returning);

  const detail = project.data;
  const title = detail?.summary.title ?? id;
  const crumbs = [{ label: "Projects", to: "/" }, { label: title }];
  const error = project.error ?? dashboard.error;
  if (error && !ready) {
    return <Shell title={title} crumbs={crumbs}><div style={{ height: 360 }}><Failure error={error} retry={() => { void project.refetch(); void dashboard.refetch(); }} /></div></Shell>;
  }
  if (!ready || !detail || !dashboard.data) {
    return (
      <Shell title={title} crumbs={crumbs}>
        <div className="page-head"><div><h1>{title}</h1><p className="lead">&nbsp;</p></div></div>
        <div style={{ height: 46 }} />
        <Loading height={420} label="Loading the dashboard" />
      </Shell>
    );
  }

  const zone = detail.summary.timezone;
  const range = readRange(params, { first: detail.first, last: detail.summary.last_data_time ?? detail.last }, zone);
  const asked = params.get("monitor") ?? "";
  const monitor = asked === "all" || detail.monitors.some((m) => m.name === asked) ? asked : defaultMonitor(detail.monitors);
  const askedTab = dashboard.data.tabs.findIndex((t) => t.title === params.get("tab"));
  const active = Math.max(0, askedTab);
  const tab = dashboard.data.tabs[active];

  const context: PanelContext = {
    project: id,
    zone,
    href: (snapshot, link) => snapshotPath(id, snapshot, { ...link, back: location.search }),
    open: (snapshot, link) => {
      rememberScroll(location.pathname);
      void navigate(snapshotPath(id, snapshot, { ...link, back: location.search }));
    },
  };

  return (
    <Shell title={title} crumbs={crumbs} nav={<ProjectNav project={id} current="dashboard" />} right={<LiveDot state={live} toggle={() => setPaused(!paused)} />}>
      <div className="page-head">
        <div>
          <h1 className="with-status">{title} <StatusMark status={detail.summary.health} word={HEALTH_WORD[detail.summary.health]} pill /></h1>
          <p className="lead">Last data {formatMoment(detail.summary.last_data_time ?? detail.last, zone)} · {detail.summary.snapshots} snapshots</p>
        </div>
        <Toolbar detail={detail} range={range} monitor={monitor} set={set} />
      </div>
      {dashboard.data.tabs.length > 1 && <Tabs dashboard={dashboard.data} active={active} choose={(i) => set({ tab: i === 0 ? null : (dashboard.data.tabs[i]?.title ?? null) })} />}
      <div
        role={dashboard.data.tabs.length > 1 ? "tabpanel" : undefined}
        id="tabpanel"
        aria-labelledby={dashboard.data.tabs.length > 1 ? `tab-${active}` : undefined}
        className="grid12"
        onClickCapture={() => rememberScroll(location.pathname)}
        data-address={address}
      >
        {tab?.panels.map((panel, i) => (
          <PanelHost key={`${active} ${i} ${panel.title}`} panel={panel} context={context} range={range} monitor={monitor} monitors={detail.monitors} />
        ))}
      </div>
      {!tab && <div style={{ height: 300 }}><Empty command="plimsoll run project.yaml --workspace DIR">This project has no dashboard yet. Its first run makes one:</Empty></div>}
    </Shell>
  );
}
