// The state of something that is fetched: loading, failed, there, or there but out of date.

import { formatMoment } from "../format/time";

export type Loaded<T> =
  | { state: "loading" }
  | { state: "error"; error: Error; retry: () => void }
  | { state: "full"; data: T; staleSince?: string };

/** What a query knows of its answer. */
export interface Answer<T> {
  data: T | undefined;
  error: Error | null;
  isError: boolean;
  dataUpdatedAt: number;
  refetch: () => Promise<unknown>;
}

/** What was fetched before stays in sight, with its age, if refreshing fails. */
export function loaded<T, D>(answer: Answer<T>, zone: string, toData: (data: T) => D): Loaded<D> {
  if (answer.data !== undefined) {
    const data = toData(answer.data);
    return answer.isError ? { state: "full", data, staleSince: formatMoment(new Date(answer.dataUpdatedAt).toISOString(), zone) } : { state: "full", data };
  }
  if (answer.error) return { state: "error", error: answer.error, retry: () => void answer.refetch() };
  return { state: "loading" };
}
