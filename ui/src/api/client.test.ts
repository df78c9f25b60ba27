import { ApiError, fetchProject, fetchProjects, fetchSeries } from "./client";

const answers: (Response | Error)[] = [];
const asked: Request[] = [];
beforeEach(() => {
  answers.length = 0;
  asked.length = 0;
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    const answer = answers.shift();
    if (answer instanceof Response) return answer;
    throw answer ?? new TypeError("no answer is left");
  });
});
afterEach(() => vi.unstubAllGlobals());

const json = (body: unknown, status = 200, type = "application/json"): Response => new Response(JSON.stringify(body), { status, headers: { "content-type": type } });
const failure = async (call: Promise<unknown>): Promise<[number, string, string]> => {
  const error = await call.then(() => null, (e: unknown) => e);
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, found ${String(error)}`);
  return [error.status, error.code, error.message];
};

test("names go into the address as one part each", async () => {
  answers.push(json({}));
  await fetchProject("a b/c");
  expect(asked[0]?.url).toMatch(/\/api\/v1\/projects\/a%20b%2Fc$/);
});

test("a list follows its pages", async () => {
  answers.push(json({ items: [{ id: "a" }], next_cursor: "x" }), json({ items: [{ id: "b" }], next_cursor: null }));
  expect((await fetchProjects()).map((p) => p.id)).toEqual(["a", "b"]);
  expect(new URL(asked[1]?.url ?? "").searchParams.get("cursor")).toBe("x");
});

test("queries are posted as JSON", async () => {
  answers.push(json({ series: [[]] }));
  expect(await fetchSeries("bike", [{ metric: "regression.mae" }])).toEqual([[]]);
  expect([asked[0]?.method, await asked[0]?.json()]).toEqual(["POST", { queries: [{ metric: "regression.mae" }] }]);
});

test("a refusal keeps the server's code and words", async () => {
  answers.push(json({ type: "urn:x", title: "unknown project", status: 404, detail: "no project `x`", code: "unknown_project" }, 404, "application/problem+json"));
  expect(await failure(fetchProject("x"))).toEqual([404, "unknown_project", "no project `x`"]);
});

test("an answer that is no problem document, and no answer at all, are said plainly", async () => {
  answers.push(new Response("bad gateway", { status: 502 }), new TypeError("failed to fetch"));
  expect(await failure(fetchProject("x"))).toEqual([502, "unknown", "the server answered 502"]);
  expect(await failure(fetchProject("x"))).toEqual([0, "unreachable", "the server cannot be reached"]);
});

test("a caller that gives up gets its own error back", async () => {
  const controller = new AbortController();
  controller.abort(new DOMException("gone", "AbortError"));
  answers.push(new DOMException("gone", "AbortError"));
  await expect(fetchProject("x", controller.signal)).rejects.toHaveProperty("name", "AbortError");
});
