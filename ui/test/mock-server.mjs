// A server with the HTTP API's shapes and two made-up projects, for the page's own tests: node test/mock-server.mjs [PORT]
// MOCK_EMPTY=1 answers without projects.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { makeSnapshots, metaOf, PROJECTS } from "./mock-data.mjs";
import { dashboardOf } from "./mock-dashboard.mjs";
import { asOf, dataOf, jobsOf, revisionsOf, runNow, sampleOf } from "./mock-live.mjs";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const store = new Map(process.env.MOCK_EMPTY ? [] : PROJECTS.map((p) => [p.id, { project: p, snapshots: makeSnapshots(p) }]));

function inRange(s, { monitor, from, to }) {
  return (!monitor || s.monitor === monitor) && (!from || s.window.start >= from) && (!to || s.window.start < to);
}

function strip({ snapshots }, range) {
  return snapshots.filter((s) => s.kind === "test_suite" && inRange(s, range)).map((s) => {
    const meta = metaOf(s);
    return { start: s.window.start, end: s.window.end, status: meta.outcome ?? "none", failed: meta.summary.fail + meta.summary.error + meta.summary.warn, total: meta.summary.total, rows: s.run.rows, snapshot: s.id };
  });
}

function summaryOf(entry) {
  const { project, snapshots } = entry;
  const cells = strip(entry, { monitor: "daily" });
  const last = cells.at(-1);
  const report = snapshots.findLast((s) => s.kind === "report" && s.monitor === "daily");
  return {
    id: project.id, title: project.title, task: project.task, timezone: project.timezone, health: last.status, strip: cells.slice(-60), last_window: { start: last.start, end: last.end }, last_data_time: last.end,
    rows: last.rows, drifted_share: report.measurements[0].points.find((p) => p.field === "share").value, snapshots: snapshots.length,
  };
}

function series({ snapshots }, query) {
  const found = new Map();
  for (const s of snapshots) {
    if (s.kind !== "report" || !inRange(s, query)) continue;
    for (const m of s.measurements) {
      if (m.id !== query.metric || Object.entries(query.params ?? {}).some(([k, v]) => m.params[k] !== v)) continue;
      for (const p of m.points) {
        if (query.exact_labels && Object.keys(p.labels).length !== Object.keys(query.labels ?? {}).length) continue;
        if ((query.field && p.field !== query.field) || Object.entries(query.labels ?? {}).some(([k, v]) => p.labels[k] !== v)) continue;
        const key = JSON.stringify([p.field, p.labels, m.params, s.monitor]);
        if (!found.has(key)) {
          const suite = snapshots.findLast((x) => x.kind === "test_suite" && x.monitor === s.monitor);
          const bounds = suite.tests.filter((t) => t.metric === m.id && t.field === p.field && Object.entries(t.labels).every(([k, v]) => p.labels[k] === v)).map((t) => ({ bound: t.bound, severity: t.severity, monitor: s.monitor }));
          found.set(key, { metric: m.id, field: p.field, labels: p.labels, params: m.params, monitor: s.monitor, points: [], bounds, thinned: false });
        }
        found.get(key).points.push({ start: s.window.start, end: s.window.end, value: p.value, snapshot: s.id, status: s.status, ...(s.maturity ? { coverage: s.maturity.coverage } : {}) });
      }
    }
  }
  return [...found.values()];
}

function tests({ snapshots }, range) {
  const rows = new Map();
  for (const s of snapshots.filter((x) => x.kind === "test_suite" && inRange(x, range))) {
    for (const t of s.tests) {
      const key = JSON.stringify([t.metric, t.field, t.labels, s.monitor]);
      if (!rows.has(key)) rows.set(key, { metric: t.metric, field: t.field, labels: t.labels, params: t.params, monitor: s.monitor, severity: t.severity, bound: t.bound, cells: [] });
      rows.get(key).cells.push({ start: s.window.start, end: s.window.end, snapshot: s.id, status: t.status, observed: t.observed });
    }
  }
  const missed = (r) => r.cells.filter((c) => c.status === "fail").length;
  return { rows: [...rows.values()].sort((a, b) => missed(b) - missed(a)) };
}

function context({ snapshots }, s) {
  const line = snapshots.filter((x) => x.monitor === s.monitor && x.kind === s.kind);
  const at = line.indexOf(s);
  return {
    previous: line[at - 1] ? metaOf(line[at - 1]) : null, next: line[at + 1] ? metaOf(line[at + 1]) : null,
    siblings: snapshots.filter((x) => x !== s && x.window.start === s.window.start && x.window.end === s.window.end).map(metaOf),
  };
}

const missing = (what) => ({ status: 404, body: { type: "about:blank", title: "Not Found", status: 404, detail: `no ${what}`, code: "not_found" } });

function answer(method, path, query, body) {
  if (path === "session") return { body: { token_required: false, token: null } };
  if (path === "projects") return { body: { items: [...store.values()].map(summaryOf), next_cursor: null } };
  const [, id, what, sid, more] = path.split("/").map(decodeURIComponent);
  const entry = store.get(id);
  if (!entry) return missing(`project \`${id}\``);
  const { project, snapshots } = entry;
  switch (what) {
    case undefined: {
      const monitors = [...new Set(snapshots.map((s) => s.monitor))].map((name) => {
        const own = snapshots.filter((s) => s.monitor === name && s.kind === "report");
        return { name, every: own[0].window.granularity, kinds: ["report", "test_suite"], windows: own.length, first: own[0].window.start, last: own.at(-1).window.start };
      });
      return { body: { summary: summaryOf(entry), definition: snapshots[0].definition, monitors, first: snapshots[0].window.start, last: snapshots.at(-1).window.end, config: null } };
    }
    case "data":
      return { body: sid === "sample" ? sampleOf(project, Number(query.limit ?? 50)) : dataOf(project, snapshots[0].definition) };
    case "jobs":
      return method === "POST" ? { status: 202, body: runNow(project) } : { body: jobsOf(project) };
    case "dashboard":
      return { body: dashboardOf(project) };
    case "series":
      return { body: { series: body.queries.map((q) => series(entry, q)) } };
    case "health":
      return { body: { cells: strip(entry, query) } };
    case "tests":
      return { body: tests(entry, query) };
    case "snapshots": {
      if (!sid) return { body: { items: snapshots.filter((s) => inRange(s, query) && (!query.kind || s.kind === query.kind)).map(metaOf).toSorted((a, b) => b.window.start.localeCompare(a.window.start)).slice(0, Number(query.limit ?? 50)), next_cursor: null } };
      const s = snapshots.find((x) => x.id === sid);
      if (!s) return missing(`snapshot \`${sid}\` in project \`${id}\``);
      if (more === "context") return { body: context(entry, s) };
      if (more === "revisions") return { body: { items: revisionsOf(s) } };
      const shown = query.as_of ? asOf(s, query.as_of) : s;
      return shown ? { body: shown } : missing(`revision of \`${sid}\` as old as ${query.as_of}`);
    }
    default:
      return missing(`address \`${path}\``);
  }
}

async function file(path, response) {
  const name = normalize(path).replace(/^([.][.][/\\])+/, "");
  try {
    const body = await readFile(join(DIST, name === "/" ? "index.html" : name));
    response.writeHead(200, { "content-type": TYPES[extname(name) || ".html"] ?? "application/octet-stream" }).end(body);
  } catch {
    const page = await readFile(join(DIST, "index.html")).catch(() => null);
    response.writeHead(page ? 200 : 503, { "content-type": TYPES[".html"] }).end(page ?? "Run `npm run build` first.");
  }
}

/** Starts the server; the answer has its address and a way to stop it. */
export function start(port = 0) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    if (!url.pathname.startsWith("/api/v1/")) return file(url.pathname, response);
    const path = url.pathname.slice("/api/v1/".length);
    if (path.endsWith("/events")) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
      return response.write(": hello\n\n");
    }
    let text = "";
    for await (const chunk of request) text += chunk;
    const { status = 200, body } = answer(request.method, path, Object.fromEntries(url.searchParams), text === "" ? {} : JSON.parse(text));
    response.writeHead(status, { "content-type": status < 300 ? "application/json" : "application/problem+json" }).end(JSON.stringify(body));
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const stop = () => new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      });
      resolve({ url: `http://127.0.0.1:${server.address().port}`, stop });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await start(Number(process.argv[2] ?? 4173));
  process.stdout.write(`${url}\n`);
}
