// Drives the pages of a project whose rows and labels come one by one, on the mock server: labels that never stop coming in
// would make the real one another at each look.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open } from "./browser.mjs";

let session;
before(async () => {
  session = await open({ mock: true });
});
after(async () => {
  await session?.close();
});

const snapshots = async (kind) => (await (await fetch(`${session.base}/api/v1/projects/car-loan/snapshots?kind=${kind}&limit=60`)).json()).items;

test("the data page shows what the collector is doing, and what it refused and why", async () => {
  const { page, errors } = await session.newPage();
  await page.goto(`${session.base}/projects/car-loan/data`);
  const collector = page.getByRole("region", { name: "Collector" });
  await collector.getByText("Running").waitFor();
  assert.match(await collector.innerText(), /Lag\s+420 ms[\s\S]*Accepted\s+24.6 k[\s\S]*Rejected\s+25/);
  for (const name of ["Arrivals by hour", "Rows by window", "Labels"]) await page.getByRole("region", { name, exact: true }).locator("canvas").first().waitFor();
  assert.match(await page.getByRole("table", { name: "Refused rows by reason" }).innerText(), /time_unreadable[\s\S]*timestamp[\s\S]*21/);
  assert.match(await page.getByRole("table", { name: "Changes of the schema" }).innerText(), /channel\s+not described/);
  assert.equal(await page.getByRole("table", { name: "Latest rows" }).locator("tbody tr").count(), 20);
  assert.deepEqual(errors, []);
});

test("the job runs at the press of a button, and the run stands first", async () => {
  const { page, errors } = await session.newPage();
  await page.goto(`${session.base}/projects/bike-demand/data`);
  const rows = page.getByRole("table", { name: "Runs, newest first" }).locator("tbody tr");
  await rows.first().waitFor();
  const before = await rows.count();
  await page.getByRole("button", { name: "Run now" }).click();
  await rows.nth(before).waitFor();
  assert.match(await rows.first().innerText(), /2026-01-12 05:00\s+Done/);
  assert.deepEqual(errors, []);
});

test("quality that waits for labels is set apart from what is final, drift is not", async () => {
  const { page, errors } = await session.newPage();
  await page.goto(`${session.base}/projects/car-loan`);
  const auc = page.getByRole("region", { name: "Area under the ROC curve" }).filter({ has: page.locator("canvas") });
  await auc.getByText("may still change").waitFor();
  const names = await auc.locator("ul.points button").allInnerTexts();
  assert.match(names[0], /\(100 % labelled\)$/);
  assert.ok(names.some((n) => /\(provisional, [\d.]+ % labelled\)$/.test(n)), names.join("; "));
  const share = page.getByRole("region", { name: "Share of drifted columns" });
  await share.locator("canvas").waitFor();
  assert.equal(await share.getByText("may still change").count(), 0);
  assert.deepEqual(errors, []);
});

test("a provisional window says how far its labels have come; an older revision can be read and shared", async () => {
  const { page, errors } = await session.newPage();
  const [final, provisional] = [(await snapshots("report")).find((s) => s.status === "final"), (await snapshots("report")).find((s) => s.status === "provisional")];
  await page.goto(`${session.base}/projects/car-loan/snapshots/${provisional.id}`);
  const labels = page.getByRole("region", { name: "Labels" });
  assert.match(await labels.innerText(), /Provisional[\s\S]*7.1 % labelled[\s\S]*not like all rows/);

  await page.goto(`${session.base}/projects/car-loan/snapshots/${final.id}`);
  const picker = page.getByRole("combobox", { name: "Revision" });
  await picker.waitFor();
  assert.match(await labels.innerText(), /Final[\s\S]*100 % labelled/);
  await picker.selectOption("1");
  await page.waitForURL(/as_of=/);
  await labels.getByText("Estimated").waitFor();
  await page.reload();
  await labels.getByText("Estimated").waitFor();
  await page.getByText("This is revision 1 of 3").waitFor();
  await page.getByRole("button", { name: "Show the newest" }).click();
  await labels.getByText("Final", { exact: true }).waitFor();
  assert.ok(!page.url().includes("as_of"));
  assert.deepEqual(errors, []);
});

for (const width of [1280, 768]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is cut off at ${width} px in the ${colorScheme} theme`, async () => {
      const { page, errors } = await session.newPage({ viewport: { width, height: 860 }, colorScheme });
      const [newest] = await snapshots("report");
      for (const path of ["/projects/car-loan/data", "/projects/bike-demand/data", "/projects/car-loan", `/projects/car-loan/snapshots/${newest.id}`]) {
        await page.goto(session.base + path);
        await page.locator(".panel, .maturity").first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `${path} does not scroll sideways`);
      }
      assert.deepEqual(errors, []);
    });
  }
}
