// How far a drift score lies beyond its threshold.

import { isPValueTest } from "../format/metric";

/** Ratios are drawn up to this. */
export const RATIO_CAP = 3;

export interface DriftScore {
  score: number | null;
  threshold: number | null;
  /** 1 if the engine calls the column drifted, 0 if not. */
  drifted: number | null;
  test: unknown;
}

/**
 * Severity of drift: 0 calm, 1 at the threshold; `null` if the score is missing.
 *
 * A distance gives score ÷ threshold. A p-value p under threshold t gives 1 + log10(t ÷ p), and above it
 * log(p) ÷ log(t): 0 at p = 1, 1 at p = t. The engine's verdict wins: a drifted column is never below 1, a calm one never at 1.
 */
export function driftSeverity({ score, threshold, drifted, test }: DriftScore): number | null {
  if (score === null || !Number.isFinite(score)) return null;
  let ratio: number;
  if (threshold === null || threshold <= 0) ratio = drifted === 1 ? RATIO_CAP : 0;
  else if (isPValueTest(test)) {
    const p = Math.max(score, 1e-300);
    if (p <= threshold) ratio = 1 + Math.log10(threshold / p);
    else ratio = threshold < 1 ? Math.log(Math.min(p, 1)) / Math.log(threshold) : 0;
  } else ratio = score / threshold;
  if (drifted === 1) ratio = Math.max(ratio, 1);
  else if (drifted === 0) ratio = Math.min(ratio, 0.999);
  return Math.max(0, ratio);
}

/** {@link driftSeverity} as it is drawn: at most {@link RATIO_CAP}. */
export function driftRatio(score: DriftScore): number | null {
  const severity = driftSeverity(score);
  return severity === null ? null : Math.min(RATIO_CAP, severity);
}

/** A step of the drift map's scale, 0 (calm) to 6 (three times the threshold and more); 4 and above is drifted. */
export function driftStep(ratio: number): number {
  if (ratio < 0.25) return 0;
  if (ratio < 0.5) return 1;
  if (ratio < 0.75) return 2;
  if (ratio < 1) return 3;
  if (ratio < 1.75) return 4;
  if (ratio < 2.5) return 5;
  return 6;
}
