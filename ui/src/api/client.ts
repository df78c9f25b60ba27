// The HTTP API, one function an endpoint. Addresses, parameters and answers are typed by `schema.ts`, which is generated
// from the server's description.

import createClient from "openapi-fetch";
import type {
  Dashboard, DataSample, HealthAnswer, JobAccepted, Jobs, paths, Problem, ProjectData, ProjectDetail, ProjectSummary, Revision, Series, SeriesQuery, Session, Snapshot, SnapshotContext, SnapshotKind, SnapshotMeta, TestHistory,
} from "./schema";

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

// `fetch` is looked up at each call, as a page may replace it.
const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "", fetch: (request) => globalThis.fetch(request) });

const isProblem = (body: unknown): body is Problem => typeof body === "object" && body !== null && "code" in body && "detail" in body;

/** The answer's data; every failure becomes an {@link ApiError}, except that the caller gave up. */
async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>, signal: AbortSignal | undefined): Promise<T> {
  let got: Awaited<typeof call>;
  try {
    got = await call;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "the server cannot be reached");
  }
  const { data, error, response } = got;
  if (data !== undefined) return data;
  if (isProblem(error)) throw new ApiError(response.status, error.code, error.detail || error.title);
  throw new ApiError(response.status, "unknown", `the server answered ${response.status} ${response.statusText}`.trimEnd());
}

/** Windows that a question is about. */
export type Range = { monitor?: string; from?: string; to?: string };

/** All projects; follows the pages. */
export async function fetchProjects(signal?: AbortSignal): Promise<ProjectSummary[]> {
  const items: ProjectSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await answer(api.GET("/api/v1/projects", { params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } }, signal }), signal);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

export const fetchProject = (p: string, signal?: AbortSignal): Promise<ProjectDetail> =>
  answer(api.GET("/api/v1/projects/{p}", { params: { path: { p } }, signal }), signal);

export const fetchDashboard = (p: string, signal?: AbortSignal): Promise<Dashboard> =>
  answer(api.GET("/api/v1/projects/{p}/dashboard", { params: { path: { p } }, signal }), signal);

export async function fetchSeries(p: string, queries: SeriesQuery[], signal?: AbortSignal): Promise<Series[][]> {
  return (await answer(api.POST("/api/v1/projects/{p}/series", { params: { path: { p } }, body: { queries }, signal }), signal)).series;
}

export async function fetchHealth(p: string, range: Range, signal?: AbortSignal): Promise<HealthAnswer["cells"]> {
  return (await answer(api.GET("/api/v1/projects/{p}/health", { params: { path: { p }, query: range }, signal }), signal)).cells;
}

export const fetchTests = (p: string, range: Range, signal?: AbortSignal): Promise<TestHistory> =>
  answer(api.GET("/api/v1/projects/{p}/tests", { params: { path: { p }, query: range }, signal }), signal);

/** A snapshot, as it was at a moment if one is given. */
export const fetchSnapshot = (p: string, sid: string, as_of: string | null, signal?: AbortSignal): Promise<Snapshot> =>
  answer(api.GET("/api/v1/projects/{p}/snapshots/{sid}", { params: { path: { p, sid }, query: as_of === null ? {} : { as_of } }, signal }), signal);

export const fetchContext = (p: string, sid: string, signal?: AbortSignal): Promise<SnapshotContext> =>
  answer(api.GET("/api/v1/projects/{p}/snapshots/{sid}/context", { params: { path: { p, sid } }, signal }), signal);

/** The newest snapshots of a kind, at most 400. */
export async function fetchSnapshots(p: string, kind: SnapshotKind, signal?: AbortSignal): Promise<SnapshotMeta[]> {
  return (await answer(api.GET("/api/v1/projects/{p}/snapshots", { params: { path: { p }, query: { kind, limit: 400 } }, signal }), signal)).items;
}

export async function fetchRevisions(p: string, sid: string, signal?: AbortSignal): Promise<Revision[]> {
  return (await answer(api.GET("/api/v1/projects/{p}/snapshots/{sid}/revisions", { params: { path: { p, sid } }, signal }), signal)).items;
}

export const fetchData = (p: string, signal?: AbortSignal): Promise<ProjectData> =>
  answer(api.GET("/api/v1/projects/{p}/data", { params: { path: { p } }, signal }), signal);

export const fetchSample = (p: string, limit: number, signal?: AbortSignal): Promise<DataSample> =>
  answer(api.GET("/api/v1/projects/{p}/data/sample", { params: { path: { p }, query: { limit } }, signal }), signal);

export const fetchJobs = (p: string, signal?: AbortSignal): Promise<Jobs> =>
  answer(api.GET("/api/v1/projects/{p}/jobs", { params: { path: { p } }, signal }), signal);

export const runJob = (p: string): Promise<JobAccepted> => answer(api.POST("/api/v1/projects/{p}/jobs", { params: { path: { p } } }), undefined);

/** Whether the service asks for a token, and which one it is shown. */
export const fetchSession = (signal?: AbortSignal): Promise<Session> => answer(api.GET("/api/v1/session", { signal }), signal);

export const signIn = (token: string): Promise<Session> => answer(api.POST("/api/v1/session", { body: { token } }), undefined);

export async function signOut(): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/session");
  if (!response.ok) throw new ApiError(response.status, "unknown", isProblem(error) ? error.detail : `the server answered ${response.status}`);
}

/** Where a project's server-sent events come from. */
export const eventsUrl = (p: string): string => `/api/v1/projects/${encodeURIComponent(p)}/events`;
