// Label maturity: which numbers may still change, and how that is said.

import type { Maturity, SeriesPoint, SnapshotStatus } from "../api/schema";
import { formatShare } from "../format/number";

export const MATURITY_WORD: Record<SnapshotStatus, string> = { estimated: "Estimated", provisional: "Provisional", final: "Final" };

/** What a status means, in one sentence. */
export const MATURITY_MEANING: Record<SnapshotStatus, string> = {
  estimated: "No labels yet: quality is not known.",
  provisional: "Some labels are still to come: quality may change.",
  final: "No more labels are expected.",
};

/** Families of metrics that are computed from labels. */
const FROM_LABELS = new Set(["regression", "classification", "ranking"]);

type Point = Pick<SeriesPoint, "status" | "coverage">;

/**
 * Says whether the number of a window may still change.
 *
 * Where labels come late, only what is computed from labels waits for them; where they do not, a window that is not final
 * still takes rows.
 */
export function maySettle(metric: string, point: Point): boolean {
  if (point.status === "final") return false;
  return typeof point.coverage !== "number" || FROM_LABELS.has(metric.split(".")[0] ?? metric);
}

/** Says whether the coverage of labels matters to a metric's chart. */
export const showsCoverage = (metric: string, points: readonly Point[]): boolean =>
  FROM_LABELS.has(metric.split(".")[0] ?? metric) && points.some((p) => typeof p.coverage === "number");

/** `provisional, 72 % labelled`; empty for a final point without late labels. */
export function maturityText(metric: string, point: Point): string {
  const parts = [
    ...(maySettle(metric, point) ? [typeof point.coverage === "number" ? point.status : "still takes rows"] : []),
    ...(typeof point.coverage === "number" && FROM_LABELS.has(metric.split(".")[0] ?? metric) ? [`${formatShare(point.coverage)} labelled`] : []),
  ];
  return parts.join(", ");
}

/** The check whether the labelled rows stand for all rows, in one sentence. */
export function representativeText(maturity: Maturity): string | null {
  const check = maturity.representative;
  if (!check) return null;
  return check.drifted
    ? `The labelled rows are not like all rows: \`${check.column}\` differs. Quality below holds for the labelled rows alone.`
    : `The labelled rows are like all rows, judged by \`${check.column}\`.`;
}
