// The browser, and what is expected of every page in it: no error in the console, nothing that the content security policy
// had to forbid, no request that leads elsewhere, nothing that axe-core finds, nothing to scroll sideways.

import assert from "node:assert/strict";

import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

/** Bounds whatever waits for a page. */
const WAIT_MILLISECONDS = 20_000;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const WIDTHS = { wide: { width: 1280, height: 900 }, narrow: { width: 360, height: 740 } };
/** Where else a page may have to be scrolled sideways: tables become cards in between, and the side bar goes. */
const OTHER_WIDTHS = [600, 768, 900, 1024];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
/** What else in a page could depend on light or dark. */
const COLORS = ["color-contrast", "link-in-text-block"];

/** A browser with a new, empty profile, which goes with it. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    timeout: 60_000,
  });
}

/** A page of a session of its own, and a list of all that went wrong on it. */
export async function visit(browser, address, options = {}) {
  const context = await browser.newContext({ baseURL: address, viewport: WIDTHS.wide, ...options });
  context.setDefaultTimeout(WAIT_MILLISECONDS);
  const page = await context.newPage();
  const wrong = [];
  const note = (text) => wrong.push(`${page.url()}: ${text}`);
  // The browser also reports every answer of 4xx in its console: those are pages, and the tests look at them.
  page.on("console", (message) => {
    const expected = /^Failed to load resource: the server responded with a status of 4\d\d/;
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) note(message.text());
  });
  page.on("pageerror", (error) => note(error.message));
  page.on("response", (response) => {
    if (response.status() >= 500) note(`${response.status()} of ${response.url()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${address}/`) && !request.url().startsWith("data:")) note(`asks ${request.url()}`);
  });
  return { context, page, wrong };
}

/** What axe-core finds on the page as it is, each in one line. */
async function violations(page, colorsOnly) {
  // No page has a frame: what axe-core does for those, in a page of its own, would take half of the time.
  // Whatever a bar that sticks covers depends on how far the page is scrolled.
  await page.evaluate(() => scrollTo(0, 0));
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const found = await (colorsOnly ? axe.withRules(COLORS) : axe.withTags(RULES)).analyze();
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id} at ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message}`));
}

/** What is wider than its place: the page, which then scrolls, or a table, which is then cut off. */
function sideways(page) {
  return page.evaluate(() => {
    const all = document.documentElement;
    const found = [];
    if (all.scrollWidth > all.clientWidth) {
      const widest = [...document.body.querySelectorAll("*")].find((one) => one.getBoundingClientRect().right > all.clientWidth + 1);
      found.push(`scrolls sideways by ${all.scrollWidth - all.clientWidth} px, ${widest?.tagName} ${widest?.className} ${widest?.textContent.trim().slice(0, 60)}`);
    }
    for (const card of document.querySelectorAll(".table-card")) {
      if (card.scrollWidth > card.clientWidth) found.push(`a table is cut off by ${card.scrollWidth - card.clientWidth} px`);
    }
    return found;
  });
}

/** What cannot be used in a light or dark, wide or narrow window; empty where all is well. */
export async function faults(page, name) {
  const found = new Set();
  for (const [size, viewport] of Object.entries(WIDTHS)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      // A transition between the two would be measured half-way.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const fault of await violations(page, colorScheme === "dark")) found.add(`${name} (${size}, ${colorScheme}): ${fault}`);
    }
    for (const fault of await sideways(page)) found.add(`${name} (${size}): ${fault}`);
  }
  for (const width of OTHER_WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const fault of await sideways(page)) found.add(`${name} (${width} px): ${fault}`);
  }
  await page.setViewportSize(WIDTHS.wide);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  return [...found];
}

/** Nothing went wrong so far. */
export function allWell(wrong) {
  assert.deepEqual(wrong, []);
}
