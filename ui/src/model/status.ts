// The words for outcomes.

import type { Health, Task } from "../api/schema";

export const TASK_NAME: Record<Task["kind"], string> = { regression: "Regression", binary: "Binary classification", multiclass: "Multi-class classification", ranking: "Ranking" };

export const STATUS_WORD: Record<Health, string> = {
  pass: "Pass", warn: "Warning", fail: "Fail", error: "Error", skipped: "Skipped", empty: "No rows", none: "No tests",
};

/** Health of a project, in words. */
export const HEALTH_WORD: Record<Health, string> = {
  pass: "Healthy", warn: "Warning", fail: "Failing", error: "Error", skipped: "Skipped", empty: "No rows", none: "No tests",
};

/** Worst first. */
const ORDER: readonly Health[] = ["error", "fail", "warn", "pass", "skipped", "none", "empty"];

export const severityRank = (status: Health): number => ORDER.indexOf(status);
