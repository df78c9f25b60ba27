import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { makeQueryClient } from "../api/queries";
import { Gate, SignOut } from "./SignIn";

const HELD = { name: "page", project: null, scopes: ["read"], created_at: "2026-01-01T00:00:00Z", expires_at: null };
const asked: { method: string; body: string }[] = [];
let held: string | null = null;
let needed = true;

beforeEach(() => {
  asked.length = 0;
  held = null;
  needed = true;
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = await request.text();
    asked.push({ method: request.method, body });
    const answer = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
    const session = () => answer({ token_required: needed, token: held === null ? null : HELD });
    if (request.method === "DELETE") {
      held = null;
      return new Response(null, { status: 204 });
    }
    if (request.method === "GET") return session();
    if (!body.includes("good")) return answer({ type: "urn:plimsoll:problem:token_unknown", title: "", status: 401, detail: "the token is not known", code: "token_unknown" }, 401);
    held = body;
    return session();
  });
});
afterEach(() => vi.unstubAllGlobals());

const show = () =>
  render(
    <QueryClientProvider client={makeQueryClient()}>
      <MemoryRouter>
        <Gate><p>the pages</p><SignOut /></Gate>
      </MemoryRouter>
    </QueryClientProvider>,
  );

test("without need of a token the pages are shown at once, and nobody can sign out", async () => {
  needed = false;
  show();
  expect(await screen.findByText("the pages")).toBeVisible();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(screen.queryByRole("button", { name: "Sign out" })).toBeNull();
});

test("a token that is not known is refused in words, a good one opens the pages, and it can be forgotten", async () => {
  show();
  const field = await screen.findByLabelText("Token");
  expect(screen.queryByText("the pages")).toBeNull();
  await userEvent.type(field, "plm_bad{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent(/not known here/);
  await userEvent.clear(field);
  await userEvent.type(field, " plm_good ");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("the pages")).toBeVisible();
  expect(asked.find((a) => a.body.includes("good"))?.body).toBe('{"token":"plm_good"}');
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByLabelText("Token")).toBeVisible();
});
