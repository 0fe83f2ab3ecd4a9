// The page of a run while it is open and when it ends: what somebody typed, ticked, focused and scrolled to stays, and the end is
// announced. Then the story of an object, its neighbours, the timeline, and the search over everything with the keyboard.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { allWell, faults, launch, visit } from "./browser.mjs";
import * as guide from "./guide.mjs";
import { bundle, start } from "./service.mjs";

/** Sent a hundred at a time: enough for several requests, so that there is a middle to see. */
const GENERATED = 3_500;
/** Slow enough for a page that asks every two seconds. */
const LATENCY_MILLISECONDS = 3_000;
const NAME = "Exempt the generated";
let service, browser, administrator, workflow;

before(async () => {
  service = await start();
  browser = await launch();
  administrator = await visit(browser, service.address);
  const { page } = administrator;
  const list = path.join(service.directory, "generated.txt");
  const generated = Array.from({ length: GENERATED }, (_, place) => `host-${String(place).padStart(4, "0")}.generated.example`);
  await writeFile(list, `${generated.join("\n")}\n`);
  await guide.becomeAdministrator(page, service.link);
  await guide.upload(page, bundle());
  await guide.install(page);
  await guide.configure(page, guide.EXCEPTIONS, service.vendor.key);
  await guide.collect(page, "Generated", [list]);
  workflow = await guide.build(page, { name: NAME, collection: "Generated", action: guide.EXCEPTIONS });
}, { timeout: 240_000 });

after(async () => {
  await browser?.close();
  await service?.stop();
}, { timeout: 60_000 });

/** How many times the page has asked for news and got an answer. */
const polls = (page) => {
  const seen = { count: 0 };
  page.on("response", (response) => { if (response.request().headers()["hx-request"]) seen.count += 1; });
  return seen;
};

const until = async (what, holds) => {
  for (const end = Date.now() + 60_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    assert.ok(Date.now() < end, what);
  }
};

test("what somebody typed, ticked and focused survives polls and the end of a run", { timeout: 240_000 }, async () => {
  const { page, wrong } = administrator;
  await service.vendor.latency(LATENCY_MILLISECONDS);
  const run = await guide.runNow(page, workflow);
  await page.locator("#pick-2").waitFor();
  const news = polls(page);
  await page.evaluate(() => { window.isTheSamePage = true; });
  await page.locator("#announcement[aria-live=polite]").waitFor({ state: "attached" });
  await page.locator("#pick-2").check();
  await page.locator("#pick-5").check();
  await page.locator("#search").fill("typed, and not sent");
  await page.locator("#search").evaluate((field) => field.setSelectionRange(2, 5));
  await page.evaluate(() => window.scrollTo(0, 300));
  const kept = () => page.evaluate(() => ({
    same: window.isTheSamePage === true,
    text: document.querySelector("#search").value,
    focus: document.activeElement.id,
    selection: [document.querySelector("#search").selectionStart, document.querySelector("#search").selectionEnd],
    ticked: [...document.querySelectorAll("table.objects [type=checkbox]:checked")].map((box) => box.value),
    // The part above the table has other lines as the run goes on: what somebody looks at stays where it is.
    top: Math.round(document.querySelector("#object-2").getBoundingClientRect().top),
  }));
  const { top, ...expected } = await kept();
  const stays = async (when) => {
    const { top: now, ...rest } = await kept();
    assert.deepEqual(rest, expected, when);
    assert.ok(Math.abs(now - top) <= 2, `${when}: the table moved by ${now - top} px`);
  };
  assert.deepEqual([expected.same, expected.focus, expected.ticked], [true, "search", ["2", "5"]]);
  await until("two polls while the run is open", async () => news.count >= 2);
  assert.equal(await page.locator("#live[hx-get]").count(), 1, "the run is still open");
  await stays("after two polls");
  await page.locator("#live:not([hx-get])").waitFor({ timeout: 90_000 });
  await stays("after the end");
  assert.match(await page.locator("#announcement").textContent(), /^Run \d+: Completed\. /);
  assert.equal(new URL(page.url()).pathname, run);
  await service.vendor.latency(0);
  allWell(wrong);
});

test("the focus on a row, a tab or a button survives polls and the end of a run", { timeout: 240_000 }, async () => {
  const { page, wrong } = administrator;
  await service.vendor.latency(LATENCY_MILLISECONDS);
  await guide.runNow(page, workflow);
  await page.locator("#object-3").waitFor();
  const news = polls(page);
  for (const id of ["object-3", "pick-4", "tab-timeline", "get-json"]) {
    const before = news.count;
    await page.locator(`#${id}`).focus();
    await until(`a poll with the focus on ${id}`, async () => news.count > before || await page.locator("#live[hx-get]").count() === 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), id);
  }
  await page.locator("#live:not([hx-get])").waitFor({ timeout: 90_000 });
  assert.equal(await page.evaluate(() => document.activeElement.id), "get-json");
  await service.vendor.latency(0);
  allWell(wrong);
});

test("a story follows the list from which it was opened, and shows the runs before and after", { timeout: 120_000 }, async () => {
  const { page, wrong } = administrator;
  await page.goto("/runs/2?search=host-00&sort=-value&page=2");
  const first = await page.locator("table.objects tbody th a").first().textContent();
  await page.locator("table.objects tbody th a").first().click();
  await guide.titled(page, first);
  await guide.says(page, "number 51 of 100 in the filtered list", "Other runs with this value", "Run 2 (this run)", "Run 1");
  await page.getByRole("link", { name: "Next" }).click();
  const value = (number) => `host-${String(number).padStart(4, "0")}.generated.example`;
  await guide.titled(page, value(48));
  await page.getByRole("link", { name: "Previous" }).click();
  await page.getByRole("link", { name: "Previous" }).click();
  await guide.titled(page, value(50));
  await page.getByRole("link", { name: "All objects" }).click();
  assert.equal(new URL(page.url()).search, "?search=host-00&sort=-value", "back to the page that has the object");
  await page.goto("/runs/2/objects/7");
  assert.deepEqual(await faults(page, "story"), []);
  allWell(wrong);
});

test("a timeline says what each request was for", { timeout: 120_000 }, async () => {
  const { page, wrong } = administrator;
  await page.goto("/runs/2?tab=timeline");
  await guide.says(page, "Adds the objects of the collection to the exception list: 100 entries");
  assert.deepEqual(await faults(page, "timeline"), []);
  allWell(wrong);
});

test("the search finds everything, from the keyboard and without scripts", { timeout: 240_000 }, async () => {
  const { page, wrong } = administrator;
  await page.goto("/workflows");
  await page.locator("h1").click();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "find");
  await page.keyboard.type("hxxp://HOST-0007[.]generated[.]example");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?q=/);
  await guide.says(page, "Objects in runs", "Objects in uploaded files", "host-0007.generated.example", "Accepted", "2 runs");
  // A slash that is typed is a slash.
  await page.locator("#find").fill("a");
  await page.locator("#find").press("/");
  assert.equal(await page.locator("#find").inputValue(), "a/");
  for (const [name, address] of [
    ["search, a value", "/search?q=host-0007"], ["search, many", "/search?q=host-"], ["search, one kind", "/search?q=host-&kind=objects&page=2"],
    ["search, names", "/search?q=generated"], ["search, nothing found", "/search?q=nothing-like-that"], ["search, empty", "/search"],
  ]) {
    await page.goto(address);
    assert.deepEqual(await faults(page, name), []);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/");
  assert.ok((await page.locator("#find").boundingBox()).width >= 100, "there is room to type");
  await page.setViewportSize({ width: 1280, height: 900 });
  allWell(wrong);
  const plain = await visit(browser, service.address, { javaScriptEnabled: false });
  await guide.logIn(plain.page);
  await plain.page.locator("#find").fill("generated");
  await plain.page.locator("#find").press("Enter");
  await guide.says(plain.page, "Workflows 1", NAME, "Runs 2", "Collections 1", "Generated");
  await plain.page.getByRole("link", { name: NAME, exact: true }).first().click();
  await guide.titled(plain.page, NAME);
  allWell(plain.wrong);
  await plain.context.close();
});
