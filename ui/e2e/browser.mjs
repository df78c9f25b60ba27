// A browser and a server for the end-to-end tests. BASE_URL names a running server; without it, or if asked for, the mock
// server is started.

import { chromium } from "playwright-core";
import { start } from "../test/mock-server.mjs";

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Opens a browser; the answer makes pages that record their console errors. */
export async function open({ mock = false } = {}) {
  const server = process.env.BASE_URL && !mock ? null : await start();
  const base = (server?.url ?? process.env.BASE_URL).replace(/\/$/, "");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS });
  const newPage = async (options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: "en-GB", ...options });
    const page = await context.newPage();
    const errors = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("requestfailed", (request) => !/events|aborted/i.test(`${request.url()} ${request.failure()?.errorText}`) && errors.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.setDefaultTimeout(15_000);
    return { page, errors };
  };
  const close = async () => {
    await browser.close();
    await server?.stop();
  };
  return { base, newPage, close };
}
