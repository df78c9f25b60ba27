// Drives the dashboard of the demo's projects as a person does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open } from "./browser.mjs";

let session;
before(async () => {
  session = await open();
});
after(async () => {
  await session?.close();
});

/** Address without its origin. */
const address = (page) => page.evaluate(() => location.pathname + location.search);

async function openDashboard(page, project, query = "") {
  await page.goto(`${session.base}/projects/${project}${query}`);
  await page.locator(".panel").first().waitFor();
}

/** The first chart over time that has points. */
async function firstChart(page) {
  const chart = page.locator(".panel-line:has(ul.points button)").first();
  await chart.locator("canvas").waitFor();
  return chart;
}

async function headingHas(page, window) {
  await page.locator("h1", { hasText: window }).waitFor();
}

test("the start page shows both projects with their health and the strip leads to a window", async () => {
  const { page, errors } = await session.newPage();
  await page.goto(session.base);
  for (const name of ["bike-demand", "car-loan"]) await page.locator(".project", { has: page.locator(`a[href="/projects/${name}"]`) }).waitFor();
  assert.equal(await page.title(), "Projects · Plimsoll");
  assert.ok((await page.locator(".project").first().innerText()).match(/Healthy|Warning|Failing|Error|No tests|Skipped/), "health is a word");
  await page.getByRole("searchbox", { name: "Search projects" }).fill("car");
  await page.locator('.project a[href="/projects/bike-demand"]').waitFor({ state: "detached" });
  const carLoan = page.locator(".project", { has: page.locator('a[href="/projects/car-loan"]') });
  await carLoan.locator(".strip a").last().click();
  await page.waitForURL(/\/projects\/car-loan\/snapshots\//);
  await page.locator(".verdict").waitFor();
  assert.deepEqual(errors, []);
});

test("a point of a curve opens its window by keyboard, and the way back ends at the same place", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand", "?range=90d");
  const chart = await firstChart(page);
  const points = chart.locator("ul.points button");
  const point = points.nth(Math.floor((await points.count()) / 2));
  const window = (await point.innerText()).split(": ")[0];
  await chart.scrollIntoViewIfNeeded();
  const before = { address: await address(page), scroll: await page.evaluate(() => scrollY) };
  await point.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/snapshots\//);
  await headingHas(page, window);
  assert.match(await page.title(), new RegExp(window.slice(0, 10)));
  await page.getByRole("link", { name: "Back to the dashboard" }).click();
  await page.locator(".panel canvas").first().waitFor();
  assert.equal(await address(page), before.address);
  assert.ok(Math.abs((await page.evaluate(() => scrollY)) - before.scroll) < 5, "scrolled to the same place");
  assert.deepEqual(errors, []);
});

test("a click on the curve opens a window whose report holds the same number", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand");
  const chart = await firstChart(page);
  await chart.scrollIntoViewIfNeeded();
  const plot = chart.locator(".plot");
  const names = await chart.locator("ul.points button").allInnerTexts();
  const box = await plot.boundingBox();
  await page.waitForFunction((element) => element.querySelector("canvas")?.width > 0, await plot.elementHandle());
  await plot.click({ position: { x: box.width * 0.6, y: box.height * 0.5 } });
  await page.waitForURL(/\/snapshots\//);
  const heading = await page.locator("h1").filter({ hasText: /\d{4}/ }).innerText();
  assert.ok(names.some((name) => heading.includes(name.split(": ")[0])), `${heading} is one of the chart's windows`);
  assert.deepEqual(errors, []);
});

test("dragging across a chart zooms, and the zoom can be reset", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand");
  const chart = await firstChart(page);
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.locator(".plot").boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, y, { steps: 4 });
  await page.mouse.up();
  await chart.getByRole("button", { name: "Reset zoom" }).click();
  await chart.getByRole("button", { name: "Reset zoom" }).waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
});

test("a cell of the drift map opens that column in that window, and the way back ends at the same place", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand", "?tab=Drift");
  const cell = page.locator("a.drift-cell[data-drifted]").last();
  const [column, window] = (await cell.getAttribute("aria-label")).split(": ")[0].split(", ");
  await cell.scrollIntoViewIfNeeded();
  const before = { address: await address(page), scroll: await page.evaluate(() => scrollY) };
  await cell.click();
  await page.waitForURL(/\/snapshots\//);
  await headingHas(page, window);
  const row = page.getByRole("button", { name: column, exact: true, expanded: true });
  await row.waitFor();
  assert.ok(await row.evaluate((e) => { const r = e.getBoundingClientRect(); return r.top > 0 && r.bottom < innerHeight; }), "the column's row is in sight");
  await page.getByRole("img", { name: `Distribution of ${column}` }).or(page.locator(".drift-more .categories")).first().waitFor();
  await page.getByRole("link", { name: "Back to the dashboard" }).click();
  await page.locator("a.drift-cell").first().waitFor();
  assert.equal(await address(page), before.address);
  assert.ok(Math.abs((await page.evaluate(() => scrollY)) - before.scroll) < 5, "scrolled to the same place");
  assert.deepEqual(errors, []);
});

test("a test suite says what failed, and leads to its neighbours and to the report", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand", "?tab=Tests");
  await page.locator(".tests-table .strip a").last().click();
  await page.waitForURL(/\/snapshots\/.*test_suite/);
  await page.getByRole("heading", { name: "Tests", level: 2 }).waitFor();
  assert.match(await page.locator(".verdict").innerText(), /\d+ of \d+ tests? (failed|passed|warned|could not)/);
  const heading = await page.locator("h1").innerText();
  await page.getByRole("link", { name: /^Previous window/ }).click();
  await page.waitForFunction((old) => document.querySelector("h1")?.textContent && document.querySelector("h1").textContent !== old, heading);
  await page.getByRole("navigation", { name: "Other results of this window" }).getByRole("link", { name: /Report/ }).first().click();
  await page.waitForURL(/\/snapshots\/.*report/);
  await page.getByRole("heading", { name: "Drift", level: 2 }).waitFor();
  await page.getByRole("link", { name: "Back to the dashboard" }).click();
  await page.waitForURL(/\/projects\/bike-demand\?tab=Tests$/);
  assert.deepEqual(errors, []);
});

test("a classification report has its matrix, curves and threshold slider", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "car-loan");
  const chart = await firstChart(page);
  await chart.locator("ul.points button").last().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Classification quality" }).waitFor();
  await page.getByRole("table", { name: /Confusion matrix/ }).waitFor();
  const slider = page.getByRole("slider");
  if (await slider.count()) {
    const before = await page.locator(".slider dl").innerText();
    await slider.fill("0.9");
    assert.notEqual(await page.locator(".slider dl").innerText(), before);
  }
  assert.deepEqual(errors, []);
});

test("the data page shows columns and rows by window, and a window leads to its report", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand");
  await page.getByRole("navigation", { name: "Pages of the project" }).getByRole("link", { name: "Data" }).click();
  await page.waitForURL(/\/projects\/bike-demand\/data$/);
  await page.getByRole("heading", { level: 1, name: /^Data of / }).waitFor();
  assert.match(await page.getByRole("table", { name: "Columns, kinds and roles" }).innerText(), /bikers\s+numeric\s+target/);
  assert.match(await page.title(), /^Data · .* · Plimsoll$/);
  const points = page.getByRole("region", { name: "Rows by window" }).locator("ul.points button");
  await page.getByRole("region", { name: "Rows by window" }).locator("canvas").waitFor();
  const window = (await points.last().innerText()).split(": ")[0];
  await points.last().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/snapshots\/.*report/);
  await headingHas(page, window);
  await page.goBack();
  await page.getByRole("region", { name: "Runs" }).waitFor();
  await page.getByRole("navigation", { name: "Pages of the project" }).getByRole("link", { name: "Dashboard" }).click();
  await page.locator(".panel-counter").first().waitFor();
  assert.deepEqual(errors, []);
});

test("range, tab and monitor stand in the address and survive a reload", async () => {
  const { page, errors } = await session.newPage();
  await openDashboard(page, "bike-demand");
  await page.getByRole("tab", { name: "Drift" }).click();
  await page.getByRole("button", { name: "30 d" }).click();
  await page.waitForURL(`${session.base}/projects/bike-demand?tab=Drift&range=30d`);
  await page.reload();
  await page.locator('[role="tab"][aria-selected="true"]', { hasText: "Drift" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "30 d" }).getAttribute("aria-pressed"), "true");
  assert.deepEqual(errors, []);
});

for (const width of [1280, 768]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is cut off at ${width} px in the ${colorScheme} theme`, async () => {
      const { page, errors } = await session.newPage({ viewport: { width, height: 860 }, colorScheme });
      for (const path of ["/", "/projects/bike-demand", "/projects/bike-demand?tab=Data+quality", "/projects/bike-demand?tab=Tests", "/projects/bike-demand/data", "/projects/car-loan", "/projects/car-loan/data"]) {
        await page.goto(session.base + path);
        await page.locator(".panel, .project").first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `${path} does not scroll sideways`);
      }
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), colorScheme);
      assert.deepEqual(errors, []);
    });
  }
}
