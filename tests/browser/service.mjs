// The service and a simulator of Trend Vision One, each a process of its own on a free port of the loopback, with everything in
// one new directory. Both end with `stop`, and by themselves after `SECONDS`, should nobody be there to end them.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

/** Longer than any of the tests may take. */
const SECONDS = 900;
/** A process that starts on a busy machine. */
const START_MILLISECONDS = 60_000;
/** What the service has for its requests when it is asked to stop, and a little. */
const STOP_MILLISECONDS = 15_000;
/** All regions are the simulator: a test of the connection tries the others where a key is refused. */
const REGIONS = ["xdr", "eu.xdr", "au.xdr", "sg.xdr", "in.xdr", "mea.xdr", "uk.xdr", "usgov.xdr"]
  .map((region) => `api.${region}.trendmicro.com`).concat("api.xdr.trendmicro.co.jp");

/** What xtask hands over. */
export function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`the variable ${name} is missing: run \`cargo xtask browser\``);
  return value;
}

export const palisade = () => given("PALISADE_BINARY");
export const bundle = () => given("PALISADE_BUNDLE");
export const policy = () => given("PALISADE_POLICY");

/** A program that cannot outlive its time. */
function begin(program, args) {
  const child = spawn("timeout", ["--kill-after=5", String(SECONDS), program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  child.over = new Promise((resolve) => child.once("exit", resolve));
  return child;
}

async function ended(child) {
  child.kill("SIGTERM");
  if ((await Promise.race([child.over, pause(STOP_MILLISECONDS, "late", { ref: false })])) !== "late") return;
  child.kill("SIGKILL");
  await child.over;
}

async function simulator(directory) {
  const [certificate, ready, key] = ["ca.pem", "ready.json", "api-key"].map((name) => path.join(directory, name));
  const child = begin(given("PALISADE_SIMULATOR"), [
    "--listen", "127.0.0.1:0", "--plain-listen", "127.0.0.1:0", "--run-for", String(SECONDS),
    "--ca-out", certificate, "--ready-file", ready, "--api-key-out", key,
  ]);
  child.stderr.resume();
  let addresses;
  for (const until = Date.now() + START_MILLISECONDS; !addresses; await pause(50)) {
    if (Date.now() > until || child.exitCode !== null) throw new Error("the simulator did not start");
    addresses = await readFile(ready, "utf8").then(JSON.parse).catch(() => undefined);
  }
  const call = async (name, body) => {
    const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`http://${addresses.plain_address}/_simulator/${name}`, { ...options, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`the simulator refuses ${name}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    address: addresses.address,
    certificate,
    key: (await readFile(key, "utf8")).trim(),
    /** What it holds. */
    state: () => call("state"),
    /** How long it takes for each answer. */
    latency: (milliseconds) => call("settings", { latency_milliseconds: milliseconds }),
    stop: () => ended(child),
  };
}

async function serve(directory, vendor) {
  const child = begin(palisade(), [
    "serve", "--listen", "127.0.0.1:0", "--data", path.join(directory, "data"), "--policy", policy(),
    "--cache-dir", path.join(directory, "cache"),
    ...REGIONS.flatMap((region) => ["--connect-to", `${region}:443:${vendor.address}`]), "--ca-cert", vendor.certificate,
  ]);
  const said = [];
  let [address, link] = [];
  const found = new Promise((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      address ??= line.match(/^palisade is at (\S+)/)?.[1];
      link ??= line.match(/^Create the administrator account: (\S+)/)?.[1];
      if (address && link) resolve(true);
    });
  });
  const stop = () => ended(child);
  if (!(await Promise.race([found, child.over.then(() => false), pause(START_MILLISECONDS, false, { ref: false })]))) {
    await stop();
    throw new Error(`the service did not start:\n${said.join("\n")}`);
  }
  return { address, link, said, stop };
}

/** Both, and the directory that they work in. */
export async function start() {
  const directory = await mkdtemp(path.join(tmpdir(), "palisade-browser-"));
  let vendor, service;
  const stop = async () => {
    await service?.stop();
    await vendor?.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    vendor = await simulator(directory);
    service = await serve(directory, vendor);
  } catch (error) {
    await stop();
    throw error;
  }
  return { directory, vendor, address: service.address, link: service.link, said: service.said, stop };
}
