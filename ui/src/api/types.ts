// The shapes of the HTTP API's JSON. Timestamps are RFC 3339 strings in UTC; a share is 0–1.

export type Status = "skipped" | "pass" | "warn" | "fail" | "error";
/** Status of a window: `none` if only reports exist, `empty` if the window has no rows. */
export type WindowStatus = Status | "empty" | "none";
export type SnapshotKind = "report" | "test_suite";
export type SnapshotStatus = "estimated" | "provisional" | "final";
export type Severity = "critical" | "warning";
export type TaskName = "regression" | "binary" | "multiclass" | "ranking";
export type Labels = Record<string, string>;
export type ParamValue = string | number | boolean | null | readonly ParamValue[] | { readonly [key: string]: ParamValue };
export type Params = Record<string, ParamValue>;

export interface StripCell {
  start: string;
  end: string;
  status: WindowStatus;
  failed: number;
  total: number;
  rows: number;
  snapshot: string;
}

export interface ProjectSummary {
  id: string;
  title: string;
  task: TaskName | null;
  health: Status | "none";
  /** At most 60 windows, oldest first. */
  strip: StripCell[];
  last_window: { start: string; end: string } | null;
  last_data_time: string | null;
  /** Rows of the last window. */
  rows: number | null;
  drifted_share: number | null;
  snapshots: number;
}

export type ColumnKind = "numeric" | "categorical" | "boolean" | "text" | "datetime" | "embedding" | "list";
export type Role =
  | "feature"
  | "target"
  | "prediction"
  | { score: string | null }
  | "id"
  | "timestamp"
  | "segment"
  | "weight"
  | "user"
  | "item"
  | "ignored";

export interface ColumnSpec {
  name: string;
  kind: ColumnKind;
  role: Role;
}

export type Task =
  | { kind: "regression" }
  | { kind: "binary"; positive: string; threshold: number }
  | { kind: "multiclass" }
  | { kind: "ranking"; k: number };

export interface DataDefinition {
  columns: ColumnSpec[];
  task: Task | null;
  segments: string[][];
}

export interface MonitorInfo {
  name: string;
  /** `null` if it has no windows. */
  every: string | null;
  kinds: SnapshotKind[];
  windows: number;
  first: string | null;
  last: string | null;
}

export interface ProjectDetail {
  summary: ProjectSummary;
  definition: DataDefinition;
  timezone: string;
  monitors: MonitorInfo[];
  first: string | null;
  last: string | null;
  /** The project's YAML text. */
  config: string | null;
}

export interface Window {
  start: string;
  end: string;
  granularity: string;
  timezone: string;
}

export interface TestSummary {
  total: number;
  pass: number;
  warn: number;
  fail: number;
  error: number;
  skipped: number;
}

export interface ReferenceInfo {
  description: string;
  rows: number;
}

export interface SnapshotMeta {
  id: string;
  monitor: string;
  kind: SnapshotKind;
  window: Window | null;
  revision: number;
  status: SnapshotStatus;
  rows: number;
  outcome: Status | null;
  summary: TestSummary;
  reference: ReferenceInfo | null;
  tags: string[];
  started_at: string;
  seconds: number;
}

export interface SnapshotContext {
  previous: SnapshotMeta | null;
  next: SnapshotMeta | null;
  /** Other snapshots of the same window. */
  siblings: SnapshotMeta[];
}

export interface Approx {
  value: number;
  relative?: number;
  absolute?: number;
}

export type Threshold =
  | number
  | { approx: Approx }
  | { reference: { relative?: number; absolute?: number; sigmas?: number } };

export interface Bound {
  eq?: Threshold;
  not_eq?: Threshold;
  gt?: Threshold;
  gte?: Threshold;
  lt?: Threshold;
  lte?: Threshold;
  in?: ParamValue[];
  not_in?: ParamValue[];
}

export interface TestResult {
  metric: string;
  params: Params;
  field: string;
  labels: Labels;
  bound: Bound;
  observed: number | null;
  status: Status;
  severity: Severity;
  message: string;
}

export interface Point {
  field: string;
  labels: Labels;
  value: number | null;
}

export interface Quantile {
  q: number;
  current: number | null;
  reference: number | null;
}

export interface CategoryShare {
  /** `null` gathers all the other categories. */
  category: string | null;
  current: number;
  reference: number | null;
}

export interface Histogram {
  edges: number[];
  shares: number[];
}

export interface CurvePoint {
  threshold: number;
  tpr: number;
  fpr: number;
  precision: number | null;
}

export interface ReliabilityBin {
  score: number;
  observed: number;
  count: number;
}

export interface ClassCurves {
  class: string;
  current: CurvePoint[];
  reference: CurvePoint[] | null;
  reliability: ReliabilityBin[];
  positive: Histogram | null;
  negative: Histogram | null;
}

export interface Bin2d {
  x: number;
  y: number;
  count: number;
}

export interface ConfusionMatrix {
  labels: string[];
  /** `counts[true][predicted]`. */
  counts: number[][];
}

export type DistributionPair = {
  kind: "distribution_pair";
  edges: number[];
  current: number[];
  reference: number[] | null;
  quantiles: Quantile[];
};
export type CategoryPair = { kind: "category_pair"; categories: CategoryShare[] };
export type Confusion = { kind: "confusion"; current: ConfusionMatrix; reference: ConfusionMatrix | null };
export type Curves = { kind: "curves"; classes: ClassCurves[] };
export type Errors = {
  kind: "errors";
  edges: number[];
  current: number[];
  reference: number[] | null;
  predicted_actual: Bin2d[];
};
export type Matrix = {
  kind: "matrix";
  columns: string[];
  current: (number | null)[][];
  reference: (number | null)[][] | null;
};
export type Detail = DistributionPair | CategoryPair | Confusion | Curves | Errors | Matrix;

export interface Measurement {
  id: string;
  params: Params;
  exact: boolean;
  notes: string[];
  points: Point[];
  detail?: Detail;
  error?: { code: string; message: string };
}

export interface RunInfo {
  started_at: string;
  seconds: number;
  rows: number;
  engine_version: string;
  source: string;
  fingerprint: string;
}

export interface Snapshot {
  version: number;
  id: string;
  project: string;
  monitor: string;
  kind: SnapshotKind;
  window: Window | null;
  revision: number;
  status: SnapshotStatus;
  reference: ReferenceInfo | null;
  run: RunInfo;
  tags: string[];
  metadata: Record<string, ParamValue>;
  definition: DataDefinition;
  notes: string[];
  measurements: Measurement[];
  tests: TestResult[];
}

export interface SeriesQuery {
  metric: string;
  field?: string;
  labels?: Labels;
  /** Leaves out points with further labels. */
  exact_labels?: boolean;
  params?: Params;
  monitor?: string;
  from?: string;
  to?: string;
  max_points?: number;
}

export interface SeriesPoint {
  start: string;
  end: string;
  value: number | null;
  snapshot: string;
  status: SnapshotStatus;
}

export interface SeriesBound {
  bound: Bound;
  severity: Severity;
  monitor: string;
}

export interface Series {
  metric: string;
  field: string;
  labels: Labels;
  params: Params;
  monitor: string;
  points: SeriesPoint[];
  bounds: SeriesBound[];
  thinned: boolean;
}

export interface TestHistoryCell {
  start: string;
  end: string;
  snapshot: string;
  status: Status;
  observed: number | null;
}

export interface TestHistoryRow {
  metric: string;
  field: string;
  labels: Labels;
  params: Params;
  monitor: string;
  severity: Severity;
  bound: Bound;
  cells: TestHistoryCell[];
}

export interface TestHistory {
  rows: TestHistoryRow[];
}

export type PanelKind =
  | "counter"
  | "line"
  | "bar"
  | "area"
  | "drift_map"
  | "test_strip"
  | "health_strip"
  | "top_movers"
  | "quality_table"
  | "text";

export interface Panel {
  title: string;
  kind: PanelKind;
  /** Width in columns of 12, height in rows of 80 px. */
  layout: { w: number; h: number };
  queries?: SeriesQuery[];
  text?: string;
}

export interface Tab {
  title: string;
  panels: Panel[];
}

export interface Dashboard {
  tabs: Tab[];
}

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}
