// The frame of a panel and its five states: loading, empty, error, stale, full.

import type { Panel } from "../api/schema";
import type { Loaded } from "../components/loaded";
import { Empty, Failure, Loading } from "../components/Message";
import { commonUnit, unitLabel } from "../format/metric";
import { isEmpty, PANELS } from "./registry";
import type { PanelContext, PanelData } from "./types";

export type PanelState = Loaded<PanelData>;

function Body({ panel, data, context, height }: { panel: Panel; data: PanelData; context: PanelContext; height: number }) {
  const entry = PANELS[panel.kind];
  if (isEmpty(data, panel.text)) return <Empty {...(entry.command ? { command: entry.command } : {})}>{entry.empty}</Empty>;
  if (entry.needs === "series" && data.kind === "series") return <entry.draw panel={panel} data={data} context={context} height={height} />;
  if (entry.needs === "tests" && data.kind === "tests") return <entry.draw panel={panel} data={data} context={context} height={height} />;
  if (entry.needs === "health" && data.kind === "health") return <entry.draw panel={panel} data={data} context={context} height={height} />;
  if (entry.needs === "none" && data.kind === "none") return <entry.draw panel={panel} data={data} context={context} height={height} />;
  return null;
}

function unitText(panel: Panel, state: PanelState): string {
  if (!["line", "bar", "area"].includes(panel.kind) || state.state !== "full" || state.data.kind !== "series") return "";
  return unitLabel(commonUnit(state.data.series.flat()));
}

const ROW = 80;
const GAP = 12;

export function PanelView({ panel, state, context }: { panel: Panel; state: PanelState; context: PanelContext }) {
  const full = panel.layout.h * ROW + (panel.layout.h - 1) * GAP;
  const inner = full - 50;
  // Tables of few rows end where their rows end.
  const fits = state.state === "full" && ["test_strip", "quality_table", "drift_map", "top_movers"].includes(panel.kind) && panel.layout.w === 12 && !isEmpty(state.data, panel.text);
  const unit = unitText(panel, state);
  const timed = ["line", "bar", "area", "health_strip"].includes(panel.kind) && state.state === "full";
  return (
    <section
      className={`card panel panel-${panel.kind}`}
      aria-label={panel.title}
      style={{ gridColumn: `span ${Math.max(1, Math.min(12, panel.layout.w))}`, ...(fits ? { maxHeight: full } : { height: full }) }}
      data-w={panel.layout.w}
    >
      <header className="panel-head">
        <h2>{panel.title}</h2>
        {unit !== "" && <span className="muted">{unit}</span>}
        {state.state === "full" && state.staleSince !== undefined && <span className="stale" role="status">as of {state.staleSince}; refreshing failed</span>}
        {timed && <span className="muted zone">{context.zone}</span>}
      </header>
      <div className="panel-body">
        {state.state === "loading" && <Loading label={`Loading ${panel.title}`} />}
        {state.state === "error" && <Failure error={state.error} retry={state.retry} />}
        {state.state === "full" && <Body panel={panel} data={state.data} context={context} height={inner} />}
      </div>
    </section>
  );
}
