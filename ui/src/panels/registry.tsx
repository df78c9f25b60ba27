// Every kind of panel: which data it needs, how it is drawn, what it says when there is nothing to draw.

import type { ReactElement } from "react";
import type { PanelKind, SeriesQuery } from "../api/schema";
import { Counter } from "./Counter";
import { DRIFT_POINTS } from "../model/driftRows";
import { DriftMap } from "./DriftMap";
import { HealthStrip } from "./HealthStrip";
import { QualityTable } from "./QualityTable";
import { TestStrip } from "./TestStrip";
import { TextPanel } from "./Text";
import { AreaPanel, BarPanel, LinePanel } from "./TimePanel";
import { TopMovers } from "./TopMovers";
import type { PanelData, PanelProps } from "./types";

interface SeriesKind {
  needs: "series";
  draw: (props: PanelProps<"series">) => ReactElement | null;
  /** Used if the panel names no query. */
  queries: SeriesQuery[];
  /** Asks for every field of the metrics, whatever the query names. */
  allFields?: boolean;
  /** Longest series that it can show. */
  maxPoints?: number;
}
interface OtherKind<D extends "tests" | "health" | "none"> {
  needs: D;
  draw: (props: PanelProps<D>) => ReactElement | null;
}
type KindEntry = (SeriesKind | OtherKind<"tests"> | OtherKind<"health"> | OtherKind<"none">) & { empty: string; command?: string };

const QUALITY: SeriesQuery[] = [
  { metric: "column.missing", field: "share" },
  { metric: "column.distinct", field: "count" },
  { metric: "column.mean", field: "value" },
  { metric: "column.std", field: "value" },
];

const DRIFT = { empty: "No drift scores in this range. A report with the preset data_drift, and a reference, fills this panel:", command: "report: [data_drift]" };
const RUN = "plimsoll run project.yaml --workspace DIR";
const SERIES = { empty: "No window in this range has this metric. Widen the time range, or run the job:", command: RUN };

export const PANELS: Record<PanelKind, KindEntry> = {
  counter: { needs: "series", draw: Counter, queries: [], ...SERIES },
  line: { needs: "series", draw: LinePanel, queries: [], ...SERIES },
  bar: { needs: "series", draw: BarPanel, queries: [], ...SERIES },
  area: { needs: "series", draw: AreaPanel, queries: [], ...SERIES },
  drift_map: { needs: "series", draw: DriftMap, queries: [{ metric: "drift.column" }], allFields: true, maxPoints: DRIFT_POINTS, ...DRIFT },
  top_movers: { needs: "series", draw: TopMovers, queries: [{ metric: "drift.column" }], allFields: true, maxPoints: DRIFT_POINTS, ...DRIFT },
  quality_table: {
    needs: "series", draw: QualityTable, queries: QUALITY,
    empty: "No column metrics in this range. A report with the preset data_quality fills this panel:", command: "report: [data_quality]",
  },
  test_strip: { needs: "tests", draw: TestStrip, empty: "No tests ran in this range. Tests in the project file fill this panel:", command: "tests: [data_stability]" },
  health_strip: { needs: "health", draw: HealthStrip, empty: "No windows in this range. Run the job:", command: RUN },
  text: { needs: "none", draw: TextPanel, empty: "This panel has no text." },
};

/** Says whether there is nothing to draw. */
export function isEmpty(data: PanelData, text: string | null | undefined): boolean {
  switch (data.kind) {
    case "series":
      return data.series.every((list) => list.every((s) => s.points.length === 0));
    case "tests":
      return data.history.rows.length === 0;
    case "health":
      return data.cells.length === 0;
    case "none":
      return (text ?? "") === "";
  }
}
