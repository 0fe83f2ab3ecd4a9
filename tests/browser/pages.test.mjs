// Every page, as it is at first, with something in it, and with what was entered wrong: nothing that axe-core finds, in light and
// dark, in a wide and a narrow window, nothing to scroll sideways, and nothing in the console. A last test makes sure that no
// page of the console was left out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { allWell, faults, launch, visit } from "./browser.mjs";
import * as guide from "./guide.mjs";
import { later } from "./later-bundle.mjs";
import { bundle, start } from "./service.mjs";

/** Names as people give them: long, and without a space to break at. */
const PRIORITISED = "APT29_Cozy_Bear_indicators_2026_Q4_high_confidence";
const BLOCK = "Block_APT29_Cozy_Bear_indicators_2026_Q4_high_confidence";
/** As long as a name may be. */
const LONGEST = "W".repeat(120);
let service, browser, administrator;
/** Every path that was looked at, with numbers, tokens and actions replaced by a star. */
const seen = new Set();
/** The same of every path that one of these pages leads to. */
const linked = new Set();
const pattern = (path) => path.replace(/\/(\d+|[\w-]{40,})(?=\/|$)/g, "/*").replace(/\/actions\/[^/]+$/, "/actions/*");

before(async () => {
  service = await start();
  browser = await launch();
  administrator = await visit(browser, service.address);
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await service?.stop();
}, { timeout: 60_000 });

/** Looks at the page as it is. */
async function look(name, page, wrong) {
  seen.add(pattern(new URL(page.url()).pathname));
  const paths = await page.locator('a[href^="/"]').evaluateAll((links) =>
    // A link in a chart is one of SVG.
    links.map((link) => new URL(link.href.baseVal ?? link.href, document.baseURI).pathname));
  for (const path of paths) if (!path.startsWith("/api/")) linked.add(pattern(path));
  const found = await faults(page, name);
  allWell(wrong);
  return found;
}

/** A test of several pages; it names all of their faults and not only the first. */
function pages(name, act) {
  test(name, { timeout: 420_000 }, async () => {
    const { page, wrong } = administrator;
    const found = [];
    await act(page, async (name, path) => {
      if (path !== undefined) await page.goto(path);
      found.push(...await look(name, page, wrong));
    });
    assert.deepEqual(found, []);
  });
}

/** Sends a form as it is, whatever the browser thinks of it. */
async function send(page, form, button) {
  await page.locator(form).first().evaluate((form) => { form.noValidate = true; });
  await page.locator(form).first().getByRole("button", { name: button }).click();
}

/** It came back, with what is wrong. */
const refused = (page) => page.locator("[role=alert], [aria-invalid=true]").first().waitFor();

pages("the first link, log-in, and what they refuse", async (page, see) => {
  await see("the first link", service.link);
  await page.locator("#name").fill("a");
  await page.locator("#new-password").fill("short");
  await send(page, "main form", "Create the administrator");
  await refused(page);
  await see("the first link, refused");
  await see("log-in", "/log-in");
  await page.locator("#name").fill("nobody");
  await page.locator("#password").fill("something");
  await send(page, "main form", "Log in");
  await refused(page);
  await see("log-in, refused");
  await see("not there, for a stranger", "/not-there");
  await guide.becomeAdministrator(page, service.link);
  await see("the first link, again", service.link);
});

pages("every list while it is empty, and every form as it comes", async (page, see) => {
  for (const [name, path] of [
    ["overview", "/"], ["integrations", "/integrations"], ["collections", "/collections"], ["workflows", "/workflows"],
    ["runs", "/runs"], ["account", "/account"], ["audit", "/audit"], ["users", "/users"],
    ["new integration", "/integrations/new"], ["new collection", "/collections/new"], ["new live collection", "/collections/new/threatq"],
    ["connections", "/connections"], ["new connection", "/connections/new"],
    ["new workflow", "/workflows/new"], ["import", "/workflows/import"], ["invite", "/users/invite"],
    ["not there", "/not-there"], ["no such run", "/runs/999"], ["nothing found in the audit log", "/audit?search=nothing-like-that"],
  ]) await see(`${name}, empty`, path);
});

pages("forms with something wrong in them", async (page, see) => {
  for (const [name, path, form, button] of [
    ["invite", "/users/invite", "main form", "Create link"],
    ["token", "/account", "form[action='/account/tokens']", "Create token"],
    ["password", "/account", "form[action='/account/password']", "Change the password"],
    ["collection", "/collections/new", "main form", "Upload"],
    ["connection", "/collections/new/threatq", "main form", "Connect"],
    ["import", "/workflows/import", "main form", "Import"],
    ["integration", "/integrations/new", "main form", "Review"],
    ["workflow", "/workflows/new", "form.builder", "Save"],
  ]) {
    await page.goto(path);
    if (path === "/workflows/new") await (await guide.revealed(page, page.locator("#kind"))).selectOption("cron");
    await (path === "/workflows/new" ? (async () => {
      await page.locator("form.builder").evaluate((form) => { form.noValidate = true; });
      await page.locator(".form-foot").getByRole("button", { name: "Save", exact: true }).click();
    })() : send(page, form, button));
    await refused(page).catch((cause) => { throw new Error(`${name} was not refused`, { cause }); });
    await see(`${name}, refused`);
  }
});

pages("integrations: reviewed, refused, installed, upgraded", async (page, see) => {
  await page.goto("/integrations/new");
  await page.locator("input[type=file]").setInputFiles(guide.example("notes.txt"));
  await page.getByRole("button", { name: "Review" }).click();
  await refused(page);
  await see("no zip at all");
  await guide.upload(page, bundle());
  await see("review");
  const first = await guide.install(page);
  await see("installed");
  await guide.upload(page, bundle());
  await see("review of the same");
  await send(page, "form[action^='/integrations/review']", "Install");
  await refused(page);
  await see("review of the same, not confirmed");
  await see("list of integrations", "/integrations");
  const blocklist = `${first}/actions/add-to-blocklist`;
  await see("action", blocklist);
  await page.getByLabel("Objects Per Run").fill("0");
  await send(page, `form[action="${blocklist}"]`, "Save");
  await refused(page);
  await see("action, refused");
  await guide.keyField(page).fill("a key that the simulator does not know");
  await page.getByLabel("Objects Per Run").fill("10");
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByText("The connection does not work").waitFor();
  await see("action, its connection does not work");
  await guide.configure(page, guide.BLOCKLIST, service.vendor.key);
  await see("action, saved");
  await guide.configure(page, guide.EXCEPTIONS, service.vendor.key);
  await see("uninstall", `${first}/uninstall`);
  await see("connections", "/connections");
  await page.locator("table.cards tbody th a").first().click();
  await page.waitForURL(/\/connections\/\d+$/);
  const connection = new URL(page.url()).pathname;
  await see("connection", connection);
  await see("delete a connection", `${connection}/delete`);
  await see("kinds of connections", "/connections/new");
  await page.goto("/connections/new?kind=trend-vision-one");
  await see("new connection, its form");
  await send(page, "main form", "Create");
  await refused(page);
  await see("new connection, refused");
});

pages("collections: of files, of an appliance, in use", async (page, see) => {
  await guide.collect(page, PRIORITISED, [guide.example("indicators.threatq.json"), guide.example("campaign.stix.json")]);
  await see("collection");
  await page.locator("details.filter summary").first().click();
  await see("collection, its filter");
  await page.locator("details.filter input[type=number]").first().evaluate((field) => { field.type = "text"; field.value = "many"; });
  await send(page, "details.filter form", "Save filter");
  await refused(page);
  await see("collection, its filter refused");
  await guide.collect(page, "Known good", [guide.example("known-good.csv")]);
  const known = new URL(page.url()).pathname;
  await see("settings", `${known}/settings`);
  await page.locator("#name").fill("");
  await send(page, `form[action="${known}/settings"]`, "Save");
  await refused(page);
  await see("settings, refused");
  await page.goto(known);
  await page.locator("table.objects [type=checkbox]").first().check();
  await page.getByRole("button", { name: "Run a workflow on the selected objects" }).click();
  await see("selected objects, and no workflow for them");
  await see("delete a collection", `${known}/delete`);
  await page.goto("/collections/new/threatq");
  await page.locator("#name").fill("Live");
  await page.locator("#origin").fill("https://127.0.0.1:9");
  await page.locator("#collection").fill("prioritised");
  await page.locator("input[name=grant][value=token]").check();
  await page.locator("#secret").fill("a token");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.waitForURL(/\/collections\/\d+/);
  // The page asks for the objects by itself, and nobody answers.
  await refused(page);
  await see("an appliance that is not there");
  await see("settings of an appliance", `${new URL(page.url()).pathname}/settings`);
  await see("list of collections", "/collections");
});

pages("workflows and runs", async (page, see) => {
  await guide.build(page, { name: BLOCK, collection: PRIORITISED, action: guide.BLOCKLIST });
  const workflow = new URL(page.url()).pathname;
  await see("workflow that never ran");
  await guide.build(page, { name: LONGEST, collection: PRIORITISED, action: guide.BLOCKLIST });
  const longest = new URL(page.url()).pathname;
  await page.goto(`${longest}/edit`);
  await (await guide.revealed(page, page.locator("#kind"))).selectOption("cron");
  await page.locator("#zone").fill("America/Argentina/ComodRivadavia");
  await page.getByText("The schedule has changed").waitFor();
  await page.locator("#expression").fill("61 * * * *");
  await page.getByRole("button", { name: "Show times" }).click();
  await page.getByText("No times to show yet").waitFor();
  await see("builder, times that there are not");
  await page.locator("#expression").fill("*/15 8-17 * * 1-5");
  await page.locator(".form-foot").getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL(longest);
  await page.goto(`${workflow}/edit`);
  await (await guide.revealed(page, page.locator("#kind"))).selectOption("weekly");
  await page.getByRole("button", { name: "Show times" }).click();
  await page.locator("#when .known time").first().waitFor();
  await page.locator("#new_action").selectOption({ label: guide.listed(guide.EXCEPTIONS) });
  await page.getByRole("button", { name: "Add action" }).click();
  await page.locator("fieldset.step").nth(1).waitFor();
  await page.locator("#step-2:focus").waitFor();
  assert.equal(await page.locator("#when").evaluate((part) => part.open), true, "a part that was opened stays open");
  assert.equal(await page.locator("#step-2 input[type=password]").count(), 0, "a key is entered in its connection");
  await page.getByRole("button", { name: "Test connection of action 2" }).click();
  await page.locator("#step-2 .notice").waitFor();
  await see("builder with two actions, one of them tested");
  await (await guide.revealed(page, page.locator("#step-1").getByLabel("Objects Per Run"))).fill("0");
  await page.locator("form.builder").evaluate((form) => { form.noValidate = true; });
  await page.locator(".form-foot").getByRole("button", { name: "Save", exact: true }).click();
  await refused(page);
  await see("builder, refused");
  await see("delete", `${workflow}/delete`);
  await service.vendor.latency(3_000);
  await guide.runNow(page, workflow);
  await see("run under way");
  await see("runs, one under way", "/runs");
  await see("overview, a run under way", "/");
  await service.vendor.latency(0);
  await page.goto("/runs/1");
  await guide.watched(page);
  for (const tab of ["objects", "timeline", "steps", "reasons"]) await see(`run, ${tab}`, `/runs/1?tab=${tab}`);
  await page.goto("/runs/1?tab=timeline");
  await page.locator("details summary").first().click();
  await see("run, a request with its bodies");
  await see("run, nothing found", "/runs/1?search=nothing-like-that");
  await see("search", "/search?q=a");
  await see("run, what was rejected", "/runs/1?verdict=rejected");
  await see("story of an object", "/runs/1/objects/1");
  await page.goto("/runs/1");
  await page.getByRole("button", { name: "Run a workflow on the selected objects" }).click();
  await page.getByText("No objects selected").waitFor();
  await see("nothing selected");
  for (const place of [0, 1]) await page.locator("table.objects [type=checkbox]").nth(place).check();
  await page.getByRole("button", { name: "Run a workflow on the selected objects" }).click();
  await see("selected objects");
  for (const place of [0, 1]) await page.locator("table.objects [type=checkbox]").nth(place).uncheck();
  await send(page, "form[action='/selection/run']", "Run on these");
  await refused(page);
  await see("selected objects, refused");
  await page.goto(workflow);
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.waitForURL(/\/runs\/2$/);
  await guide.watched(page);
  await see("dry run");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/runs/2");
  await page.getByLabel("Sort by").selectOption({ label: "Value, Z to A" });
  await page.getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/sort=-value/);
  assert.equal(await page.locator("table.objects thead a:visible").count(), 0, "nothing is reached that cannot be seen");
  assert.equal(await page.locator(".tabs a").last().isVisible(), true);
  await page.setViewportSize({ width: 1280, height: 900 });
  await guide.runNow(page, longest);
  await guide.watched(page);
  await see("run of the longest name");
  await see("workflows, with the longest name", "/workflows");
  await see("overview, with the longest name", "/");
  await see("delete the longest name", `${longest}/delete`);
  await page.getByRole("main").getByRole("button", { name: "Delete" }).click();
  await page.waitForURL("**/workflows");
  await see("story of an object in a dry run", "/runs/2/objects/2");
  await page.goto(workflow);
  await page.locator("#selected-title").click();
  await page.locator(`form[action="${workflow}/selected"] textarea`).fill("");
  await send(page, `form[action="${workflow}/selected"]`, "Run on these");
  await refused(page);
  await see("workflow, selected objects refused");
  const zip = await later(bundle(), service.directory, "0.2.0", [["    default: 10000", "    default: 5000"]]);
  await guide.upload(page, zip);
  await see("review of an upgrade");
  const second = await guide.install(page, "replace", "overwrite");
  await see("installed twice", second);
  const first = await page.locator("section.table-card a[href^='/integrations/']").first().getAttribute("href");
  await see("earlier version", first);
  await see("action of an earlier version", `${first}/actions/add-to-blocklist`);
  await see("uninstall what is in use", `${first}/uninstall`);
  await see("builder with an update", `${workflow}/edit`);
  await see("delete a collection in use", "/collections/1/delete");
  for (const [name, path] of [["overview", "/"], ["integrations", "/integrations"], ["collections", "/collections"],
    ["workflows", "/workflows"], ["runs", "/runs"], ["audit log", "/audit"]]) await see(`${name}, filled`, path);
});

pages("people and tokens", async (page, see) => {
  await page.goto("/users/invite");
  await page.locator("#name").fill("grace");
  await page.locator("input[name=role]").first().check();
  await page.getByRole("button", { name: "Create link" }).click();
  await page.locator("#shown-once").waitFor();
  const link = await page.locator("#shown-once").textContent();
  await see("link of an invitation");
  await page.getByRole("link", { name: "grace" }).click();
  await see("somebody else");
  const person = new URL(page.url()).pathname;
  await see("deletion of somebody", `${person}/delete`);
  await page.goto("/account");
  await page.locator("#name").fill("a script");
  await page.locator("input[name=role]").first().check();
  await page.getByRole("button", { name: "Create token" }).click();
  await page.locator("#shown-once").waitFor();
  await see("token, shown once");
  await page.getByRole("link", { name: "Revoke" }).click();
  await see("revoke a token");
  const grace = await visit(browser, service.address);
  await grace.page.goto(link);
  await grace.page.locator("#new-password").fill("seven tins of red paint");
  await grace.page.getByRole("button", { name: "Set the password" }).click();
  for (const path of ["/", "/integrations", "/collections/1", "/collections/1/settings", "/workflows/1", "/runs/1", "/account", "/users", "/connections", "/connections/1", "/integrations/1/actions/add-to-blocklist"]) {
    await grace.page.goto(path);
    assert.deepEqual(await look(`a viewer at ${path}`, grace.page, grace.wrong), []);
  }
  await grace.context.close();
});

test("no page that another leads to was left out", () => {
  assert.deepEqual([...linked].filter((path) => !seen.has(path)).sort(), []);
});
