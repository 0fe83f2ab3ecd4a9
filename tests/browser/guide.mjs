// What an operator does, as the guide of the product tells it, each in a step that works with scripts and without.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";

export const PERSON = { name: "ada", password: "six tins of green paint" };
export const BLOCKLIST = "Trend Micro Vision One - Add to Blocklist";
export const EXCEPTIONS = "Trend Micro Vision One - Add to Exception List";
/** The longest that a run takes here. */
const RUN_MILLISECONDS = 120_000;

export const example = (name) => fileURLToPath(new URL(`../../examples/collections/${name}`, import.meta.url));

/** What the page says in words, in one line. */
export const words = async (locator) => (await locator.innerText()).replace(/\s+/g, " ").trim();

export async function says(page, ...expected) {
  const text = await words(page.locator("main"));
  for (const part of expected) assert.ok(part instanceof RegExp ? part.test(text) : text.includes(part), `no "${part}" in: ${text}`);
}

export async function titled(page, title) {
  assert.equal(await words(page.locator("h1")), title, await words(page.locator("main")));
}

/** The first link leads to the first administrator. */
export async function becomeAdministrator(page, link) {
  await page.goto(link);
  await page.getByLabel("Name").fill(PERSON.name);
  await page.getByLabel("Password").fill(PERSON.password);
  await page.getByRole("button", { name: "Create the administrator" }).click();
  await titled(page, "Overview");
  await says(page, "Three steps to the first run");
}

export async function logIn(page) {
  await page.goto("/log-in");
  await page.getByLabel("Name").fill(PERSON.name);
  await page.getByLabel("Password").fill(PERSON.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await titled(page, "Overview");
}

/** From the list of integrations to the page that reviews the zip. */
export async function upload(page, zip) {
  await page.goto("/integrations");
  await page.locator('a[href="/integrations/new"]').click();
  await titled(page, "Add New Integration");
  const chosen = page.waitForEvent("filechooser");
  await page.locator("input[type=file]").click();
  await (await chosen).setFiles(zip);
  await page.getByRole("button", { name: "Review" }).click();
  await page.waitForURL("**/integrations/review/*");
}

/** The same with the zip dropped on its box, as only scripts can take it. */
export async function drop(page, zip) {
  await page.goto("/integrations/new");
  const content = (await readFile(zip)).toString("base64");
  const carried = await page.evaluateHandle(([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type: "application/zip" }));
    return carried;
  }, [path.basename(zip), content]);
  const box = page.locator("[data-drop]");
  for (const event of ["dragenter", "dragover", "drop"]) await box.dispatchEvent(event, { dataTransfer: carried });
  assert.equal(await words(box.locator("[data-drop-text]")), path.basename(zip));
  await page.getByRole("button", { name: "Review" }).click();
  await page.waitForURL("**/integrations/review/*");
}

/** Presses Install; the address of what is then installed. */
export async function install(page, ...confirmations) {
  for (const name of confirmations) await page.locator(`#${name}`).check();
  await page.getByRole("button", { name: "Install", exact: true }).click();
  await page.waitForURL(/\/integrations\/\d+$/);
  return new URL(page.url()).pathname;
}

/** The form of an action as a list: headings, and below each the labels with their help. */
export function formOf(page) {
  return page.locator("form:has(.form-heading)").evaluate((form) =>
    [...form.querySelectorAll("section.form-section")].map((section) => ({
      title: section.querySelector("h3").textContent.trim(),
      fields: [...section.querySelectorAll(".field")].map((field) => ({
        label: field.querySelector("label").firstChild.textContent.trim(),
        help: field.querySelector(".help")?.textContent.trim() ?? "",
        value: field.querySelector("select")?.selectedOptions[0].textContent.trim() ?? field.querySelector("input").value,
        options: [...field.querySelectorAll("option")].map((option) => option.textContent.trim()),
      })),
    })));
}

/** The field of the key, and not the box beside it that takes the kept one away. */
export const keyField = (page) => page.getByRole("textbox", { name: "API Key" });

/** Tries an API key, then saves it for future workflows. */
export async function configure(page, title, key) {
  await page.goto("/integrations");
  await page.getByRole("link", { name: title }).click();
  await titled(page, title);
  await keyField(page).fill(key);
  await page.getByRole("button", { name: "Test connection" }).click();
  await says(page, "The connection works.", "Nothing was saved.");
  await keyField(page).fill(key);
  await page.getByRole("button", { name: "Save" }).click();
  await says(page, `Configuration of “${title}” saved for future workflows.`, "A value is set. Leave empty to keep it.");
  assert.equal(await keyField(page).inputValue(), "", "a secret is never in a page");
}

/** Makes a collection of files. */
export async function collect(page, name, files) {
  await page.goto("/collections/new");
  await page.getByLabel("Name").fill(name);
  const chosen = page.waitForEvent("filechooser");
  await page.locator("input[type=file]").click();
  await (await chosen).setFiles(files);
  await page.getByRole("button", { name: "Upload" }).click();
  await titled(page, name);
  await says(page, `Collection “${name}” created.`);
}

/** An action as the builder lists it, below the name of its integration. */
export const listed = (action) => action.split(" - ").at(-1);

/** A field of the builder, once the part that holds it is open. */
export async function revealed(page, field) {
  const closed = field.locator("xpath=ancestor::details[not(@open)]");
  while (await closed.count() > 0) await closed.first().locator("summary").first().click();
  return field;
}

/** Builds a workflow of one action; its address. */
export async function build(page, { name, collection, action, settings = {} }) {
  await page.goto("/workflows");
  await page.locator('a[href="/workflows/new"]').first().click();
  await titled(page, "New workflow");
  await page.locator("#new_action").selectOption({ label: listed(action) });
  await page.getByRole("button", { name: "Add action" }).click();
  await page.locator("fieldset.step").waitFor();
  await page.locator("#name").fill(name);
  await page.locator("#collection").selectOption({ label: collection });
  for (const [label, option] of Object.entries(settings)) await (await revealed(page, page.locator("fieldset.step").getByLabel(label))).selectOption({ label: option });
  await page.locator(".form-foot").getByRole("button", { name: "Save", exact: true }).click();
  await titled(page, name);
  await says(page, `${name} created.`);
  return new URL(page.url()).pathname;
}

/** Presses Run now; the address of the run. */
export async function runNow(page, workflow) {
  await page.goto(workflow);
  await page.getByRole("button", { name: "Run now" }).click();
  await says(page, "now?", "The run processes");
  await page.getByRole("main").getByRole("button", { name: "Run now" }).click();
  await page.waitForURL(/\/runs\/\d+$/);
  return new URL(page.url()).pathname;
}

/** Ticks rows of a table of objects and asks for a run on these; what is then asked is the workflow. */
export async function pick(page, ...values) {
  for (const value of values) await page.locator("table.objects tr").filter({ has: page.getByRole("link", { name: value, exact: true }) }).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Run a workflow on the selected objects" }).click();
  await titled(page, "Run a workflow on selected objects");
  await says(page, ...values);
}

const state = (page) => words(page.locator("#live .badge").first());

/** Loads the page of a run until it is over; what it said meanwhile. */
export async function reloaded(page) {
  const seen = [await state(page)];
  for (const until = Date.now() + RUN_MILLISECONDS; ["Queued", "Running", "Waiting"].includes(seen.at(-1)); seen.push(await state(page))) {
    assert.ok(Date.now() < until, `the run is ${seen.at(-1)} for too long`);
    await pause(300);
    await page.reload();
  }
  return seen;
}

/** Watches the page of a run until it is over, and touches nothing; what it said and how far it was. */
export async function watched(page) {
  const seen = { states: new Set(), shares: new Set() };
  for (const until = Date.now() + RUN_MILLISECONDS; ; await pause(100)) {
    assert.ok(Date.now() < until, `the run is ${[...seen.states].at(-1)} for too long`);
    // All in one look: the page replaces this part, and in the end itself.
    const look = await page.evaluate(() => ({
      state: document.querySelector("#live .badge")?.textContent.trim(),
      share: document.querySelector("#live [role=progressbar]")?.getAttribute("aria-valuenow"),
      open: document.querySelector("#live[hx-get]") !== null,
      cancel: [...document.querySelectorAll("button")].some((button) => button.textContent.trim() === "Cancel"),
    })).catch(() => undefined);
    if (!look?.state) continue;
    seen.states.add(look.state);
    if (look.share) seen.shares.add(Number(look.share));
    if (!look.open && !look.cancel) return seen;
  }
}

/** How many objects there are of each verdict, as the bar of a run says. */
export function verdicts(page) {
  return page.locator("#live .legend li").evaluateAll((items) =>
    Object.fromEntries(items.map((item) => {
      const count = item.querySelector("strong").textContent;
      return [item.textContent.replace(count, "").trim(), Number(count.replace(/\D/g, ""))];
    })));
}

/** The report of a run, by the page's own link. */
export async function report(page, run) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "JSON" }).click()]);
  assert.ok(download.url().includes(run));
  return JSON.parse(await readFile(await download.path(), "utf8"));
}
