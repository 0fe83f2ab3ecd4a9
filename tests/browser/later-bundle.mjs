// A later version of a bundle with another configuration, signed with the same key, made with the product's own `pack`.

import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";

import { palisade, policy } from "./service.mjs";

const run = promisify(execFile);

/** The files of a zip by name. */
function unzip(zip) {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const files = new Map();
  for (let left = zip.readUInt16LE(end + 10), at = zip.readUInt32LE(end + 16); left > 0; left -= 1) {
    const [stored, size, names, extra, comment] =
      [zip.readUInt16LE(at + 10) === 0, zip.readUInt32LE(at + 20), ...[28, 30, 32].map((field) => zip.readUInt16LE(at + field))];
    const header = zip.readUInt32LE(at + 42);
    const from = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    const content = zip.subarray(from, from + size);
    files.set(zip.toString("utf8", at + 46, at + 46 + names), stored ? content : inflateRawSync(content));
    at += 46 + names + extra + comment;
  }
  return files;
}

/** Replaces each text by another, and makes sure that it was there. */
function changed(text, changes) {
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the manifest has no \`${from}\``);
    text = text.replace(from, to);
  }
  return text;
}

/** Packs the bundle again with some of its manifest changed; gives the zip's path. */
export async function later(bundle, directory, version, changes) {
  const files = unzip(await readFile(bundle));
  const from = path.join(directory, `bundle-${version}`);
  await mkdir(from, { recursive: true });
  const manifest = changed(files.get("manifest.yaml").toString(), [[/^version: .*$/m.exec(files.get("manifest.yaml"))[0], `version: ${version}`], ...changes]);
  files.set("manifest.yaml", Buffer.from(manifest));
  for (const [name, content] of files) await writeFile(path.join(from, name), content);
  const file = (name) => path.join(from, name);
  const zip = path.join(directory, `trend-vision-one-${version}.zip`);
  const sources = {
    manifest: "manifest.yaml", component: "component.wasm", readme: "README.md", changelog: "CHANGELOG.md",
    license: "LICENSE", icon: "icon.svg", sbom: "sbom.cdx.json",
  };
  const options = Object.entries(sources).flatMap(([option, name]) => [`--${option}`, file(name)]);
  const key = path.join(path.dirname(policy()), "test.key");
  await run(palisade(), ["pack", ...options, "--sign", key, "--out", zip], { timeout: 60_000 });
  return zip;
}
