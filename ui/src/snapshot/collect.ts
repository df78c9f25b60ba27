// Finding one's way in the measurements of a snapshot.

import type { Detail, Measurement, Point } from "../api/schema";
import type { Labels } from "../format/metric";

/** Label of a point that is about a segment of the rows. */
export const SEGMENT = "segment";

export const isSegment = (point: Point): boolean => point.labels[SEGMENT] !== undefined;

/** The measurements of all rows, without the points of segments. */
export function ofWhole(measurements: readonly Measurement[]): Measurement[] {
  return measurements.map((m) => (m.points.some(isSegment) ? { ...m, points: m.points.filter((p) => !isSegment(p)) } : m));
}

/** Value of the first point with that field whose labels include the given ones. */
export function valueOf(measurement: Measurement | undefined, field = "value", labels: Labels = {}): number | null {
  const wanted = Object.entries(labels);
  return measurement?.points.find((p) => p.field === field && wanted.every(([k, v]) => p.labels[k] === v))?.value ?? null;
}

/** The interval that chance leaves a measurement, or one of its fields: `lower` and `upper`, or `field_lower` and `field_upper`. */
export function intervalOf(measurement: Measurement, field = "value"): [number, number] | null {
  const side = (name: string): number | null => {
    const own = field === "value" ? name : `${field}_${name}`;
    return measurement.points.find((p) => p.field === own && p.labels["class"] === undefined)?.value ?? null;
  };
  const [lower, upper] = [side("lower"), side("upper")];
  return lower === null || upper === null ? null : [lower, upper];
}

/** That interval in words; of a value without an upper end, the lower one. */
export function intervalText(measurement: Measurement, shown: (value: number) => string): string | null {
  const band = intervalOf(measurement);
  if (band) return `${shown(band[0])} – ${shown(band[1])}`;
  const lower = valueOf(measurement, "lower");
  return lower === null ? null : `at least ${shown(lower)}`;
}

/** The column that a measurement is about, if it is about one. */
export function columnOf(measurement: Measurement): string | undefined {
  const named = measurement.params.column ?? measurement.points[0]?.labels.column;
  return typeof named === "string" ? named : undefined;
}

export type DetailOf<K extends Detail["kind"]> = Extract<Detail, { kind: K }>;

const isKind = <K extends Detail["kind"]>(detail: Detail, kind: K): detail is DetailOf<K> => detail.kind === kind;

/** The first detail of that kind. */
export function detailOf<K extends Detail["kind"]>(measurements: readonly Measurement[], kind: K): DetailOf<K> | undefined {
  for (const { detail } of measurements) if (detail && isKind(detail, kind)) return detail;
  return undefined;
}

/** Measurements by the first word of their id. */
export function byFamily(measurements: readonly Measurement[]): Map<string, Measurement[]> {
  const families = new Map<string, Measurement[]>();
  for (const m of measurements) {
    const family = m.id.split(".")[0] ?? m.id;
    families.set(family, [...(families.get(family) ?? []), m]);
  }
  return families;
}
