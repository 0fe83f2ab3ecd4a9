// Pictures of the demonstration for the documentation, light and dark: `node screenshots.mjs DIRECTORY`. Started by
// `cargo xtask browser --screenshots`, which says where the demonstration is and who logs in.

import { stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { allWell, launch, visit } from "./browser.mjs";
import { given } from "./service.mjs";

/** The longest that the first runs take. */
const RUNS_MILLISECONDS = 60_000;
/** Who clones the repository takes them all along. */
const MOST_BYTES = 150_000;

const PICTURES = [
  { name: "overview", path: "/", height: 1100 },
  { name: "workflow", path: "/workflows/1", height: 860 },
  { name: "run", path: "/runs/1", height: 860 },
];

const directory = process.argv[2];
const browser = await launch();
try {
  const { page, wrong } = await visit(browser, given("PALISADE_ADDRESS"), { timezoneId: "UTC", reducedMotion: "reduce" });
  await page.goto("/log-in");
  await page.locator("#name").fill(given("PALISADE_NAME"));
  await page.locator("#password").fill(given("PALISADE_PASSWORD"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  for (const until = Date.now() + RUNS_MILLISECONDS; ; await pause(500)) {
    await page.goto("/runs");
    if ((await page.locator("tr.is-open").count()) === 0) break;
    if (Date.now() > until) throw new Error("the first runs take too long");
  }
  for (const { name, path: from, height } of PICTURES) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width: 1280, height });
      await page.emulateMedia({ colorScheme });
      await page.goto(from);
      const file = path.join(directory, `${name}-${colorScheme}.png`);
      await page.screenshot({ path: file, animations: "disabled" });
      const { size } = await stat(file);
      console.log(`${path.basename(file)}: ${Math.round(size / 1000)} kB`);
      if (size > MOST_BYTES) throw new Error(`${path.basename(file)} is larger than ${MOST_BYTES} bytes`);
    }
  }
  allWell(wrong);
} finally {
  await browser.close();
}
