// The HTTP API, one function an endpoint.

import type {
  Dashboard, Problem, ProjectDetail, ProjectSummary, Series, SeriesQuery, Snapshot, SnapshotContext, SnapshotMeta, StripCell, TestHistory,
} from "./types";

/** What the server refused, with its explanation. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

async function problem(response: Response): Promise<ApiError> {
  try {
    const body: Partial<Problem> = await response.json();
    return new ApiError(response.status, body.code ?? "unknown", body.detail || body.title || response.statusText);
  } catch {
    return new ApiError(response.status, "unknown", `the server answered ${response.status} ${response.statusText}`);
  }
}

async function request<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, { ...init, headers: { accept: "application/json", ...init?.headers } });
  } catch {
    throw new ApiError(0, "unreachable", "the server cannot be reached");
  }
  if (!response.ok) throw await problem(response);
  const body: T = await response.json();
  return body;
}

const project = (id: string): string => `/projects/${encodeURIComponent(id)}`;

function query(params: Record<string, string | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== "") search.set(name, value);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** Windows that a question is about. */
export type Range = { monitor?: string; from?: string; to?: string };

/** All projects; follows the pages. */
export async function fetchProjects(signal?: AbortSignal): Promise<ProjectSummary[]> {
  const items: ProjectSummary[] = [];
  let cursor: string | undefined;
  do {
    const page: { items: ProjectSummary[]; next_cursor: string | null } = await request(`/projects${query({ cursor, limit: "200" })}`, { signal });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

export const fetchProject = (id: string, signal?: AbortSignal): Promise<ProjectDetail> => request(project(id), { signal });

export const fetchDashboard = (id: string, signal?: AbortSignal): Promise<Dashboard> => request(`${project(id)}/dashboard`, { signal });

export async function fetchSeries(id: string, queries: SeriesQuery[], signal?: AbortSignal): Promise<Series[][]> {
  const answer: { series: Series[][] } = await request(`${project(id)}/series`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ queries }),
    signal,
  });
  return answer.series;
}

export async function fetchHealth(id: string, range: Range, signal?: AbortSignal): Promise<StripCell[]> {
  const answer: { cells: StripCell[] } = await request(`${project(id)}/health${query(range)}`, { signal });
  return answer.cells;
}

export const fetchTests = (id: string, range: Range, signal?: AbortSignal): Promise<TestHistory> =>
  request(`${project(id)}/tests${query(range)}`, { signal });

export async function fetchSnapshots(id: string, filter: Range & { kind?: string; limit?: string }, signal?: AbortSignal): Promise<SnapshotMeta[]> {
  const page: { items: SnapshotMeta[]; next_cursor: string | null } = await request(`${project(id)}/snapshots${query(filter)}`, { signal });
  return page.items;
}

export const fetchSnapshot = (id: string, snapshot: string, signal?: AbortSignal): Promise<Snapshot> =>
  request(`${project(id)}/snapshots/${encodeURIComponent(snapshot)}`, { signal });

export const fetchContext = (id: string, snapshot: string, signal?: AbortSignal): Promise<SnapshotContext> =>
  request(`${project(id)}/snapshots/${encodeURIComponent(snapshot)}/context`, { signal });

/** Where a project's server-sent events come from. */
export const eventsUrl = (id: string): string => `/api/v1${project(id)}/events`;
