// What arrives over time: rows by hour or by window, and the labels.

import type { LabelFlow, ProjectData, SnapshotMeta } from "../api/schema";
import { TimeChart } from "../charts/TimeChart";
import { Card } from "../components/Card";
import type { Loaded } from "../components/loaded";
import { Empty } from "../components/Message";
import { formatCount, formatSeconds, formatShare } from "../format/number";
import { arrivalSeries, coverageSeries, delaySeries, rowSeries, windowsOf } from "./series";

const CHART = 210;

export function ArrivalsCard({ state, zone }: { state: Loaded<ProjectData>; zone: string }) {
  return (
    <Card title="Arrivals by hour" note={zone} state={state} height={CHART} empty={(data) => (data.arrivals.length === 0 ? <Empty>No row has arrived in the last days.</Empty> : null)}>
      {(data) => <div style={{ height: CHART }}><TimeChart title="Arrivals by hour" series={arrivalSeries(data.arrivals)} style="bar" zone={zone} height={CHART} /></div>}
    </Card>
  );
}

export function WindowRowsCard({ state, zone, open }: { state: Loaded<readonly SnapshotMeta[]>; zone: string; open: (snapshot: string) => void }) {
  return (
    <Card title="Rows by window" note={zone} state={state} height={CHART} empty={(metas) => (windowsOf(metas).length === 0 ? <Empty command="plimsoll run project.yaml --workspace DIR">No window has been evaluated yet. The job does that:</Empty> : null)}>
      {(metas) => <div style={{ height: CHART }}><TimeChart title="Rows by window" series={rowSeries(windowsOf(metas))} style="bar" zone={zone} height={CHART} onOpen={open} /></div>}
    </Card>
  );
}

function Flow({ flow }: { flow: LabelFlow }) {
  return (
    <dl className="collector">
      <div data-tip={"Coverage\nShare of the stored predictions that have a label"}><dt>Coverage</dt><dd>{formatShare(flow.coverage)}</dd></div>
      <div data-tip={"Median delay\nHalf of the labels came within this time after their prediction, in the newest window whose labels are complete"}><dt>Median delay</dt><dd>{formatSeconds(flow.delay_seconds_p50)}</dd></div>
      <div data-tip={"95 % within\n95 % of the labels came within this time after their prediction, in the newest window whose labels are complete"}><dt>95 % within</dt><dd>{formatSeconds(flow.delay_seconds_p95)}</dd></div>
      <div data-tip={"Waiting\nLabels whose prediction has not come yet"}><dt>Waiting</dt><dd>{formatCount(flow.waiting)}</dd></div>
    </dl>
  );
}

/** Says whether labels come later than their rows. */
export const comeLate = ({ flow, metas }: LabelData): boolean => flow !== null || coverageSeries(windowsOf(metas)).length > 0;

/** What the card of the labels draws from. */
export interface LabelData {
  flow: LabelFlow | null;
  metas: readonly SnapshotMeta[];
}

export function LabelsCard({ state, zone, open }: { state: Loaded<LabelData>; zone: string; open: (snapshot: string) => void }) {
  return (
    <Card
      title="Labels"
      note={zone}
      state={state}
      height={CHART}
      span={state.state === "full" && comeLate(state.data) ? 12 : 6}
      empty={(data) => (!comeLate(data) ? <Empty>Labels come with the rows: no window waits for any.</Empty> : null)}
    >
      {({ flow, metas }) => {
        const windows = windowsOf(metas);
        const coverage = coverageSeries(windows);
        const delay = delaySeries(windows);
        return (
          <>
            {flow && <Flow flow={flow} />}
            <div className="two">
              {coverage.length > 0 && <div><h3>Coverage by window</h3><div style={{ height: CHART }}><TimeChart title="Coverage by window" series={coverage} style="bar" zone={zone} height={CHART} onOpen={open} /></div></div>}
              {delay.series.length > 0 && <div><h3>Delay by window <span className="muted">{delay.unit}</span></h3><div style={{ height: CHART }}><TimeChart title="Delay by window" series={delay.series} style="line" zone={zone} height={CHART} onOpen={open} /></div></div>}
            </div>
          </>
        );
      }}
    </Card>
  );
}
