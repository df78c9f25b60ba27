// The words for outcomes.

import type { WindowStatus } from "../api/types";

export const STATUS_WORD: Record<WindowStatus, string> = {
  pass: "Pass", warn: "Warning", fail: "Fail", error: "Error", skipped: "Skipped", empty: "No rows", none: "No tests",
};

/** Health of a project, in words. */
export const HEALTH_WORD: Record<WindowStatus, string> = {
  pass: "Healthy", warn: "Warning", fail: "Failing", error: "Error", skipped: "Skipped", empty: "No rows", none: "No tests",
};

/** Worst first. */
const ORDER: readonly WindowStatus[] = ["error", "fail", "warn", "pass", "skipped", "none", "empty"];

export const severityRank = (status: WindowStatus): number => ORDER.indexOf(status);
