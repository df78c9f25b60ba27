// Addresses within the page. The snapshot page carries the dashboard's query string in `back`.

export function projectPath(project: string, search = ""): string {
  const query = search.replace(/^\?/, "");
  return `/projects/${encodeURIComponent(project)}${query === "" ? "" : `?${query}`}`;
}

/** The page of a project's data. */
export const dataPath = (project: string): string => `/projects/${encodeURIComponent(project)}/data`;

export interface SnapshotLink {
  column?: string | undefined;
  test?: string | undefined;
  /** Query string of the dashboard to return to. */
  back?: string | undefined;
}

export function snapshotPath(project: string, snapshot: string, link: SnapshotLink = {}): string {
  const query = new URLSearchParams();
  if (link.column) query.set("column", link.column);
  if (link.test) query.set("test", link.test);
  const back = link.back?.replace(/^\?/, "");
  if (back) query.set("back", back);
  const text = query.toString();
  return `/projects/${encodeURIComponent(project)}/snapshots/${encodeURIComponent(snapshot)}${text === "" ? "" : `?${text}`}`;
}
