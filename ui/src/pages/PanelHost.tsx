// Fetches what a panel needs and turns the query into one of the panel's states.

import { useMemo } from "react";
import { useHealth, useSeries, useTests } from "../api/queries";
import type { MonitorSummary, Panel, SeriesQuery } from "../api/schema";
import { loaded } from "../components/loaded";
import { PANELS } from "../panels/registry";
import { PanelView, type PanelState } from "../panels/PanelView";
import type { PanelContext } from "../panels/types";
import type { TimeRange } from "./range";

interface Props {
  panel: Panel;
  context: PanelContext;
  range: TimeRange;
  /** Name of a monitor, or `all`. */
  monitor: string;
  monitors: readonly MonitorSummary[];
}

/** The panel's questions within the dashboard's range and monitor. */
export function panelQueries(panel: Panel, range: { from?: string; to?: string }, monitor: string): SeriesQuery[] {
  const entry = PANELS[panel.kind];
  if (entry.needs !== "series") return [];
  const asked = panel.queries && panel.queries.length > 0 ? panel.queries : entry.queries;
  const seen = new Set<string>();
  return asked.flatMap(({ field, ...query }) => {
    const full: SeriesQuery = {
      ...(monitor === "all" ? {} : { monitor }),
      ...(range.from === undefined ? {} : { from: range.from }),
      ...(range.to === undefined ? {} : { to: range.to }),
      ...(entry.maxPoints === undefined ? {} : { max_points: entry.maxPoints }),
      ...query,
      ...(entry.allFields || field === undefined ? {} : { field }),
    };
    const key = JSON.stringify(full);
    if (seen.has(key)) return [];
    seen.add(key);
    return [full];
  });
}

export function PanelHost({ panel, context, range, monitor, monitors }: Props) {
  const needs = PANELS[panel.kind].needs;
  const { from, to } = range;
  const queries = useMemo(() => panelQueries(panel, { ...(from ? { from } : {}), ...(to ? { to } : {}) }, monitor), [panel, from, to, monitor]);
  // Tests may belong to another monitor than reports: without tests of its own, a monitor shows those of all.
  const tested = monitors.find((m) => m.name === monitor)?.kinds.includes("test_suite") ?? false;
  const window = { ...(monitor !== "all" && tested ? { monitor } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}) };

  const series = useSeries(context.project, queries, needs === "series");
  const health = useHealth(context.project, window, needs === "health");
  const tests = useTests(context.project, window, needs === "tests");

  const state = useMemo<PanelState>(() => {
    if (needs === "series") return loaded(series, context.zone, (data) => ({ kind: "series", series: data }));
    if (needs === "health") return loaded(health, context.zone, (cells) => ({ kind: "health", cells }));
    if (needs === "tests") return loaded(tests, context.zone, (history) => ({ kind: "tests", history }));
    return { state: "full", data: { kind: "none" } };
  }, [needs, series, health, tests, context.zone]);

  return <PanelView panel={panel} state={state} context={context} />;
}
