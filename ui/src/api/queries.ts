// The API as cached queries. Every key begins with the project, so that one event refreshes all of it.

import { keepPreviousData, QueryCache, QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import * as client from "./client";
import type { SeriesQuery, SnapshotKind } from "./schema";

const SESSION = ["session"];

export const makeQueryClient = (): QueryClient => {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      // A token may end while the page is open; the session then says that another is needed.
      onError: (error) => {
        if (error instanceof client.ApiError && error.status === 401) void queries.invalidateQueries({ queryKey: SESSION });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 2 && !(error instanceof client.ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
  return queries;
};

export const useSession = () => useQuery({ queryKey: SESSION, queryFn: ({ signal }) => client.fetchSession(signal), staleTime: Infinity });

/** Shows a token; what was refused before is asked for again. */
export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: client.signIn, onSuccess: () => queries.resetQueries() });
}

/** Forgets the token and all that was read with it. */
export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: client.signOut, onSuccess: () => queries.resetQueries() });
}

export const useProjects = () =>
  useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => client.fetchProjects(signal), refetchInterval: 30_000 });

export const useProject = (id: string) =>
  useQuery({ queryKey: ["project", id, "detail"], queryFn: ({ signal }) => client.fetchProject(id, signal) });

export const useDashboard = (id: string) =>
  useQuery({ queryKey: ["project", id, "dashboard"], queryFn: ({ signal }) => client.fetchDashboard(id, signal) });

export const useSeries = (id: string, queries: SeriesQuery[], enabled = true) =>
  useQuery({
    queryKey: ["project", id, "series", queries],
    queryFn: ({ signal }) => client.fetchSeries(id, queries, signal),
    enabled,
    placeholderData: keepPreviousData,
  });

export const useHealth = (id: string, range: client.Range, enabled = true) =>
  useQuery({
    queryKey: ["project", id, "health", range],
    queryFn: ({ signal }) => client.fetchHealth(id, range, signal),
    enabled,
    placeholderData: keepPreviousData,
  });

export const useTests = (id: string, range: client.Range, enabled = true) =>
  useQuery({
    queryKey: ["project", id, "tests", range],
    queryFn: ({ signal }) => client.fetchTests(id, range, signal),
    enabled,
    placeholderData: keepPreviousData,
  });

export const useSnapshot = (id: string, snapshot: string, asOf: string | null = null) =>
  useQuery({
    queryKey: ["project", id, "snapshot", snapshot, asOf],
    queryFn: ({ signal }) => client.fetchSnapshot(id, snapshot, asOf, signal),
    // While another revision is read, the one before stays in sight.
    placeholderData: (shown) => (shown?.id === snapshot ? shown : undefined),
  });

export const useRevisions = (id: string, snapshot: string, enabled: boolean) =>
  useQuery({ queryKey: ["project", id, "revisions", snapshot], queryFn: ({ signal }) => client.fetchRevisions(id, snapshot, signal), enabled });

export const useSnapshots = (id: string, kind: SnapshotKind) =>
  useQuery({ queryKey: ["project", id, "snapshots", kind], queryFn: ({ signal }) => client.fetchSnapshots(id, kind, signal) });

/** The collector works between two snapshots too, so this is asked for again and again. */
export const useData = (id: string) =>
  useQuery({ queryKey: ["project", id, "data"], queryFn: ({ signal }) => client.fetchData(id, signal), refetchInterval: 5_000 });

export const useSample = (id: string, limit: number) =>
  useQuery({ queryKey: ["project", id, "sample", limit], queryFn: ({ signal }) => client.fetchSample(id, limit, signal), refetchInterval: 30_000 });

export const useJobs = (id: string) =>
  useQuery({ queryKey: ["project", id, "jobs"], queryFn: ({ signal }) => client.fetchJobs(id, signal), refetchInterval: (query) => (query.state.data?.running ? 1_000 : 15_000) });

/** Runs the job at once; the list of runs is then read again. */
export function useRunJob(id: string) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: () => client.runJob(id), onSettled: () => queries.invalidateQueries({ queryKey: ["project", id, "jobs"] }) });
}

export const useContextOf = (id: string, snapshot: string) =>
  useQuery({ queryKey: ["project", id, "context", snapshot], queryFn: ({ signal }) => client.fetchContext(id, snapshot, signal) });

export type LiveState = "live" | "connecting" | "paused";

/** Refreshes a project's queries when the server reports a snapshot, at most once a second. */
export function useLive(id: string, paused: boolean): LiveState {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (paused || typeof EventSource === "undefined") return;
    const source = new EventSource(client.eventsUrl(id));
    let timer: ReturnType<typeof setTimeout> | undefined;
    source.onopen = () => setOpen(true);
    source.onerror = () => setOpen(false);
    source.addEventListener("snapshot", () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ["project", id] });
        void queries.invalidateQueries({ queryKey: ["projects"] });
      }, 1000);
    });
    return () => {
      clearTimeout(timer);
      source.close();
      setOpen(false);
    };
  }, [id, paused, queries]);
  if (paused) return "paused";
  return open ? "live" : "connecting";
}
