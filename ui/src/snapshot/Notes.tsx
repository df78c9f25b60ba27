// What a reader should know about the numbers.

import type { Measurement } from "../api/schema";
import { inline } from "../components/inline";
import { metricName } from "../format/metric";

export function Notes({ measurements }: { measurements: readonly Measurement[] }) {
  const byText = new Map<string, string[]>();
  for (const m of measurements) for (const note of m.notes) byText.set(note, [...(byText.get(note) ?? []), `${metricName(m.id)}${typeof m.params.column === "string" ? ` of ${m.params.column}` : ""}`]);
  if (byText.size === 0) return null;
  return (
    <ul className="notes" aria-label="Notes">
      {[...byText].map(([text, names]) => <li key={text}>{measurements.length > 1 ? `${[...new Set(names)].slice(0, 4).join(", ")}: ` : ""}{inline(text)}</li>)}
    </ul>
  );
}

/** Metrics that could not be computed, with the reason. */
export function Failures({ measurements }: { measurements: readonly Measurement[] }) {
  const failed = measurements.filter((m) => m.error);
  if (failed.length === 0) return null;
  return (
    <ul className="failures" aria-label="Metrics that could not be computed">
      {failed.map((m, i) => <li key={`${m.id} ${i}`}><strong>{metricName(m.id)}</strong>{typeof m.params.column === "string" ? ` of ${m.params.column}` : ""}: {inline(m.error?.message ?? "")}</li>)}
    </ul>
  );
}
