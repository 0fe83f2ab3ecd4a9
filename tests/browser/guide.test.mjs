// The guide, walked as its reader walks it: once with scripts, once without. What the console says of a run is compared with
// what the simulator then holds.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { allWell, launch, visit } from "./browser.mjs";
import * as guide from "./guide.mjs";
import { later } from "./later-bundle.mjs";
import { bundle, start } from "./service.mjs";

const { BLOCKLIST, EXCEPTIONS, says, titled } = guide;
const BLOCK = "Block prioritised indicators";
const EXEMPT = "Exempt what is known to be good";
/** Exceptions are sent a hundred at a time: enough for many requests, so that there is a middle to see. */
const GENERATED = 3_500;
/** Slow enough for a page that asks every two seconds. */
const LATENCY_MILLISECONDS = 1_000;

/** The headings of the guide, and below each the labels. */
const FORMS = {
  [BLOCKLIST]: {
    "Connection Settings": ["API Region", "API Key"],
    "Blocklist Settings": ["URL Scheme Handling", "Scan Action", "Risk Level", "IOC Expiration"],
    "Workflow Settings": ["Objects Per Run"],
  },
  [EXCEPTIONS]: {
    "Connection Settings": ["API Region", "API Key"],
    "Exception Settings": ["URL Scheme Handling"],
    "Workflow Settings": ["Objects Per Run"],
  },
};
/** Of the guide: what stands below a label, what is chosen at first, and what else there is. */
const PARAMETERS = {
  "API Region": ["Select which region to use for the API calls.", "United States",
    ["United States", "European Union (EU)", "Australia", "Singapore", "Japan", "India"]],
  "API Key": ["Enter your Trend Micro Vision One API Key. This key must be from a SOAR role.", "", []],
  "URL Scheme Handling": ["Select what you want to do when a URL contains no scheme. A scheme is required by the Vision One API.", "Apply http://",
    ["Apply http://", "Apply https://", "Add 2 IOCs (one with http:// and one with https://)", "Don't Send IOC"]],
  "Objects Per Run": ["Enter the number of objects to process per workflow run.", "10000", []],
  "Scan Action": ["Select the action that connected products apply after detecting a suspicious object (IOC).", "Block",
    ["Block", "Log", "Based on Customer Settings"]],
  "Risk Level": ["Select the risk level to apply to the suspicious objects (IOCs).", "Based on ThreatQ Score",
    ["Based on ThreatQ Score", "High", "Medium", "Low", "Based on Customer Settings"]],
  "IOC Expiration": ["Select the expiration date for the IOC.", "After 30 Days",
    ["After 7 Days", "After 15 Days", "After 30 Days", "After 45 Days", "After 60 Days", "After 75 Days", "After 90 Days", "Never", "Based on Customer Settings"]],
};

/** Of a connection, which the guide does not have: which one it is, and that its key can be removed. */
const ofConnection = (label) => label === "Connection" || label.startsWith("Remove the saved value of");

async function formIsTheGuides(page, title, isConnected) {
  await page.goto("/integrations");
  await page.getByRole("link", { name: title }).click();
  await says(page, "Integration Type Action", "Action ID", "Accepted Data Types", "FQDN", "IP Address", "URL", "Email Address", "SHA-1", "SHA-256");
  const whole = await guide.formOf(page);
  const added = whole.flatMap(({ fields }) => fields).filter(({ label }) => ofConnection(label));
  assert.equal(added.length, isConnected ? 2 : 0, "a connection is chosen where there is one");
  const form = whole.map(({ title, fields }) => ({ title, fields: fields.filter(({ label }) => !ofConnection(label)) }));
  assert.deepEqual(Object.fromEntries(form.map(({ title, fields }) => [title, fields.map(({ label }) => label)])), FORMS[title]);
  for (const { label, help, value, options } of form.flatMap(({ fields }) => fields)) {
    const [told, chosen, others] = PARAMETERS[label];
    assert.ok(help.startsWith(told), `${label}: ${help}`);
    assert.equal(value, chosen, label);
    assert.deepEqual(options.filter((option) => others.includes(option)), others, label);
  }
}

/** What one step decided of the objects that were accepted. */
function accepted(report) {
  assert.equal(report.objects_by_step.length, 1);
  return report.objects_by_step[0].map(({ decided }) => decided).filter((decided) => decided?.verdict === "accepted");
}

/** What the report says was accepted, and the entries of a list of the simulator, have to be the same. */
function sameAsHeld(report, list) {
  const sent = new Set(accepted(report).flatMap(({ submissions }) => submissions.map(({ value }) => value.toLowerCase())));
  const held = new Set(list.items.map((item) => String(item[item.type] ?? item.value).toLowerCase()));
  assert.deepEqual([...sent].sort(), [...held].sort());
}

for (const scripts of [true, false]) {
  test(`the guide, ${scripts ? "with scripts" : "without scripts"}`, { timeout: 400_000 }, async (walk) => {
    const service = await start();
    walk.after(service.stop);
    const browser = await launch();
    walk.after(() => browser.close());
    const { page, wrong } = await visit(browser, service.address, { javaScriptEnabled: scripts });
    let failed = false;
    /** A step; what follows one that failed is left out. */
    const step = (name, act) => walk.test(name, { skip: failed && "an earlier step failed" }, async () => {
      try {
        await act();
        allWell(wrong);
      } catch (error) {
        failed = true;
        throw error;
      }
    });
    const list = path.join(service.directory, "generated.txt");
    const generated = Array.from({ length: GENERATED }, (_, place) => `host-${place}.generated.example`);
    await writeFile(list, `${generated.join("\n")}\n`);
    let first, blocking, exempting;

    await step("the first link makes the administrator", async () => {
      await guide.becomeAdministrator(page, service.link);
      await page.goto(service.link);
      assert.doesNotMatch(await guide.words(page.locator("main")), /Create the administrator/, "it is good once");
    });

    await step("a zip is uploaded, reviewed and installed", async () => {
      await guide.upload(page, bundle());
      await says(page, "Signature", /Signed/, "Local build", "What it may do", "POST",
        "/v3.0/threatintel/suspiciousObjects", "Everything else is denied", "This integration is new");
      first = await guide.install(page);
      await says(page, "Trend Micro Vision One 0.1.0 installed.");
    });

    await step("the same zip again says that it is there, and wants to hear that it is meant", async () => {
      await (scripts ? guide.drop(page, bundle()) : guide.upload(page, bundle()));
      await says(page, "Trend Micro Vision One is already installed", "It is the same zip", "Install version 0.1.0 again");
      await page.getByRole("button", { name: "Install", exact: true }).click();
      assert.match(page.url(), /\/integrations\/review\//, "the browser asks for the confirmation");
      await page.evaluate(() => { document.querySelector("#replace").form.noValidate = true; });
      await page.getByRole("button", { name: "Install", exact: true }).click();
      await page.locator("#replace-fault").waitFor();
      await guide.install(page, "replace");
    });

    await step("both forms are those of the guide, and keep an API key", async () => {
      for (const title of [BLOCKLIST, EXCEPTIONS]) {
        await formIsTheGuides(page, title, title === EXCEPTIONS);
        await guide.configure(page, title, service.vendor.key);
      }
    });

    await step("two collections are uploaded", async () => {
      await guide.collect(page, "Prioritised indicators", [guide.example("indicators.threatq.json"), guide.example("notes.txt")]);
      await says(page, "By type", "FQDN", "upland-summit120.example", "2 files");
      await guide.collect(page, "Known good", [guide.example("known-good.csv"), list]);
    });

    await step("a workflow is built for each of the two use cases", async () => {
      blocking = await guide.build(page, {
        name: BLOCK, collection: "Prioritised indicators", action: BLOCKLIST, settings: { "IOC Expiration": "After 7 Days" },
      });
      exempting = await guide.build(page, { name: EXEMPT, collection: "Known good", action: EXCEPTIONS });
      await page.goto("/workflows");
      await says(page, BLOCK, EXEMPT);
    });

    await step("indicators are blocked, as the simulator confirms", async () => {
      await service.vendor.latency(LATENCY_MILLISECONDS);
      const run = await guide.runNow(page, blocking);
      await (scripts ? guide.watched(page) : guide.reloaded(page));
      const counts = await guide.verdicts(page);
      const report = await guide.report(page, run);
      assert.ok(counts.accepted > 100, JSON.stringify(counts));
      assert.equal(counts.accepted, accepted(report).length);
      const { suspiciousObjects } = await service.vendor.state();
      sameAsHeld(report, suspiciousObjects);
      const days = suspiciousObjects.items.map((item) => (Date.parse(item.expiredDateTime) - Date.now()) / 86_400_000);
      assert.ok(days.every((day) => day > 6.9 && day < 7.1), "they expire as the workflow says");
    });

    await step("verdicts, the story of an object, reasons and the timeline can be read", async () => {
      await page.locator("#verdict").selectOption({ label: "Accepted" });
      await page.locator("#search").fill("fjord-north55.example");
      await page.getByRole("button", { name: "Search" }).click();
      assert.equal(await page.locator("table.objects tbody tr").count(), 1);
      await page.getByRole("link", { name: "fjord-north55.example" }).click();
      await says(page, "Source record", "fjord-north55.example", "Submitted", "Accepted");
      await page.goBack();
      const tabs = page.getByRole("navigation", { name: "Views of this run" });
      await tabs.getByRole("link", { name: "Timeline" }).click();
      await says(page, "Requested", "Objects selected", "Step started", "Step ended", "Ended", "POST /v3.0/threatintel/suspiciousObjects");
      assert.ok(!(await page.content()).includes(service.vendor.key), "the API key is in no page");
      await tabs.getByRole("link", { name: "Steps" }).click();
      await says(page, BLOCKLIST, "IOC Expiration After 7 Days");
      await tabs.getByRole("link", { name: "Reasons" }).click();
    });

    await step("objects that are picked from a run are run on again, and no others", async () => {
      await service.vendor.latency(0);
      await page.goto("/runs/1?verdict=accepted&sort=-value");
      const values = (await page.locator("table.objects tbody th a").allInnerTexts()).slice(0, 2);
      await guide.pick(page, ...values);
      await page.getByRole("button", { name: "Run on these" }).click();
      await page.waitForURL(/\/runs\/\d+$/);
      await says(page, "2 selected objects");
      const run = new URL(page.url()).pathname;
      await guide.reloaded(page);
      const { objects_by_step: [objects] } = await guide.report(page, run);
      assert.deepEqual(objects.map(({ value }) => value).sort(), values.sort());
      await service.vendor.latency(LATENCY_MILLISECONDS);
    });

    await step("the overview tells what the lists hold, as the simulator does", async () => {
      await page.goto("/");
      const { suspiciousObjects } = await service.vendor.state();
      const domains = suspiciousObjects.items.filter(({ type }) => type === "domain").length;
      await says(page, "Entries on the services’ lists", `${domains} of 10,000`);
    });

    await step(`what is known to be good is exempted${scripts ? ", and the page shows how far it is" : ""}`, async () => {
      const run = await guide.runNow(page, exempting);
      if (scripts) {
        const { states, shares } = await guide.watched(page);
        assert.ok(states.has("Running"), [...states].join());
        assert.ok([...shares].some((share) => share > 0 && share < 100), `how far it was: ${[...shares].join()}`);
      } else {
        assert.ok((await guide.reloaded(page)).includes("Running"));
      }
      await service.vendor.latency(0);
      const counts = await guide.verdicts(page);
      assert.ok(counts.accepted >= GENERATED, JSON.stringify(counts));
      sameAsHeld(await guide.report(page, run), (await service.vendor.state()).suspiciousObjectExceptions);
    });

    await step("an upgrade names what it changes; what is deployed keeps its version and its copy", async () => {
      const zip = await later(bundle(), service.directory, "0.2.0", [
        ["    default: 10000", "    default: 5000"],
        ["      - { value: never, label: Never }", "      - { value: \"120\", label: After 120 Days }\n      - { value: never, label: Never }"],
      ]);
      await guide.upload(page, zip);
      await says(page, "Version 0.2.0 changes the configuration", BLOCKLIST, EXCEPTIONS, "Objects Per Run", "IOC Expiration",
        "Replace version 0.1.0 with version 0.2.0", "Overwrite the saved configuration");
      const second = await guide.install(page, "replace", "overwrite");
      assert.notEqual(second, first);
      await says(page, "0.2.0 installed.", BLOCK, EXEMPT);
      await page.goto(`${second}/actions/add-to-blocklist`);
      const fields = (await guide.formOf(page)).flatMap((section) => section.fields);
      assert.equal(fields.find(({ label }) => label === "Objects Per Run").value, "5000");
      await page.goto(blocking);
      await says(page, "Trend Micro Vision One 0.1.0", "Objects Per Run 10000", "IOC Expiration After 7 Days");
      await page.goto(`${blocking}/edit`);
      await says(page, "Update to 0.2.0");
    });

    await step("what is in use is not uninstalled", async () => {
      await page.goto(first);
      await page.getByRole("link", { name: "Uninstall" }).click();
      await says(page, "Trend Micro Vision One 0.1.0 is used by:", BLOCK, EXEMPT);
      assert.equal(await page.getByRole("button", { name: "Uninstall" }).count(), 0);
    });

    await step("workflows are deleted, then both versions uninstalled", async () => {
      for (const [workflow, name] of [[blocking, BLOCK], [exempting, EXEMPT]]) {
        await page.goto(workflow);
        await page.getByRole("link", { name: "Delete" }).click();
        await titled(page, `Delete ${name}?`);
        await page.getByRole("main").getByRole("button", { name: "Delete" }).click();
        await says(page, `${name} deleted.`);
      }
      for (const version of ["0.2.0", "0.1.0"]) {
        await page.goto("/integrations");
        await page.getByRole("heading", { name: "Trend Micro Vision One" }).getByRole("link").click();
        await page.getByRole("link", { name: "Uninstall" }).click();
        await page.getByRole("main").getByRole("button", { name: "Uninstall" }).click();
        await says(page, `Trend Micro Vision One ${version} uninstalled.`);
      }
      await says(page, "No integration yet");
      await page.goto("/runs");
      await says(page, `${BLOCK} (deleted)`);
    });
  });
}
