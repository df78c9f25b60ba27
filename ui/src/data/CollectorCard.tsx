// What the collector is doing, and how a first row is sent to it.

import type { LiveData, LiveState, ProjectData } from "../api/schema";
import { Card } from "../components/Card";
import type { IconName } from "../components/Icon";
import { Icon } from "../components/Icon";
import { inline } from "../components/inline";
import type { Loaded } from "../components/loaded";
import { Empty } from "../components/Message";
import { formatBytes, formatCount, formatCountExactly, formatSeconds } from "../format/number";
import { formatMoment } from "../format/time";

export const STATE_MARK: Record<LiveState, { word: string; icon: IconName; tone: "pass" | "warn" | "fail" | "skipped" }> = {
  running: { word: "Running", icon: "pass", tone: "pass" },
  recovering: { word: "Recovering", icon: "warn", tone: "warn" },
  failed: { word: "Failed", icon: "fail", tone: "fail" },
  stopped: { word: "Stopped", icon: "skipped", tone: "skipped" },
};

export function StateMark({ state, pill = false }: { state: LiveState; pill?: boolean }) {
  const { word, icon, tone } = STATE_MARK[state];
  return <span className={`status status-${tone}${pill ? " pill" : ""}`}><Icon name={icon} size={14} />{word}</span>;
}

/** The command that sends a first row. */
export function sendCommand(origin: string, project: string, columns: ProjectData["columns"]): string {
  const values = columns.filter((c) => c.role !== "target" && c.role !== "ignored").slice(0, 3).map((c) => `"${c.name}": …`);
  const row = values.length > 0 ? `{${values.join(", ")}}` : '{"id": …, "timestamp": …}';
  return `curl ${origin}/api/v1/projects/${encodeURIComponent(project)}/predictions -H 'content-type: application/json' -d '[${row}]'\nplimsoll send rows.parquet --project ${project}`;
}

interface Fact {
  name: string;
  value: string;
  tip: string;
  bad?: boolean;
}

function factsOf(live: LiveData, zone: string): Fact[] {
  const { totals } = live;
  return [
    { name: "Lag", value: live.lag_seconds === null ? "none" : formatSeconds(live.lag_seconds), tip: "Lag\nAge of the oldest arrived row that no window has taken in yet" },
    { name: "Last arrival", value: formatMoment(live.last_arrival, zone), tip: "Last arrival\nWhen the latest row came in" },
    { name: "Last event time", value: formatMoment(live.last_event_time, zone), tip: "Last event time\nThe latest time that a row carries" },
    { name: "Open windows", value: formatCount(live.open_windows), tip: "Open windows\nThey still take rows" },
    { name: "To be restated", value: formatCount(live.restating), tip: "To be restated\nWindows that late rows or labels changed, waiting to be computed again" },
    { name: "Buffered rows", value: `${formatCount(live.buffered_rows)} (${formatBytes(live.buffered_bytes)})`, tip: "Buffered rows\nDurable in the log, not yet in the prediction store" },
    { name: "Log", value: formatBytes(live.log_bytes), tip: "Log\nSize of the write-ahead log on disk" },
    { name: "Accepted", value: formatCount(totals.accepted), tip: `Accepted\n${formatCountExactly(totals.accepted)} rows since the first` },
    { name: "Rejected", value: formatCount(totals.rejected), tip: `Rejected\n${formatCountExactly(totals.rejected)} rows, by reason below`, bad: totals.rejected > 0 },
    { name: "Duplicates", value: formatCount(totals.duplicates), tip: "Duplicates\nRows whose prediction id was known; the first row of an id holds" },
    { name: "Late", value: formatCount(totals.late), tip: "Late\nRows that came after their window had closed; the window is computed again" },
    { name: "Labels", value: formatCount(totals.labels), tip: `Labels\n${formatCountExactly(totals.labels)} labels since the first` },
    { name: "Labels waiting", value: formatCount(totals.labels_waiting), tip: "Labels waiting\nTheir prediction has not come yet" },
    { name: "Labels expired", value: formatCount(totals.labels_expired), tip: "Labels expired\nTheir prediction did not come in time", bad: totals.labels_expired > 0 },
    // Only rows from a broker can have any.
    ...(live.dead_letters > 0 ? [{ name: "Dead letters", value: formatCount(live.dead_letters), tip: "Dead letters\nMessages of the broker that could not be read; they lie on its dead-letter subject with the reason", bad: true }] : []),
  ];
}

export function CollectorCard({ state, project, zone, origin, span = 12 }: { state: Loaded<ProjectData>; project: string; zone: string; origin: string; span?: number }) {
  const live = state.state === "full" ? state.data.live : null;
  return (
    <Card
      title="Collector"
      state={state}
      height={126}
      span={span}
      {...(live ? { actions: <StateMark state={live.state} /> } : {})}
      empty={(data) => {
        if (data.live) return null;
        return (
          <Empty command={`data:\n  source: collector`}>
            {inline(data.source === null || data.source === "collector"
              ? "No collector runs for this project in this service. A project with this source takes predictions over HTTP:"
              : `The rows of this project are read from \`${data.source}\`. With this source a service sends its predictions instead:`)}
          </Empty>
        );
      }}
    >
      {(data) => data.live && (
        <>
          {data.live.last_error !== null && <p className="collector-error" role="alert"><Icon name={data.live.state === "failed" ? "fail" : "warn"} size={14} /> {inline(data.live.last_error)}</p>}
          <dl className="collector">
            {factsOf(data.live, zone).map((f) => (
              <div key={f.name} data-tip={f.tip}><dt>{f.name}</dt><dd className={f.bad ? "status-warn" : undefined}>{f.value}</dd></div>
            ))}
          </dl>
          {data.live.totals.accepted === 0 && <Empty command={sendCommand(origin, project, data.columns)}>No row has arrived yet. Either of these sends some:</Empty>}
        </>
      )}
    </Card>
  );
}

