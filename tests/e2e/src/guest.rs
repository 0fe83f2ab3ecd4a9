//! Bundles around the guests that misbehave.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::product;

/// A manifest with one action `act` that may send what the Vision One bundle may: enough for every guest.
const MANIFEST: &str = r#"
schema: 2
contract: palisade:action@0.2.0
id: guest
name: Guest
version: 0.1.0
publisher: Palisade
description: Misbehaves.
license: Apache-2.0
component: component.wasm
connections:
  - id: service
    label: Service
    parameters: [api_region, api_key]
    origin: https://{api_region}
    credential: { headers: [{ name: Authorization, format: "Bearer {api_key}" }] }
parameters:
  - name: api_region
    label: API Region
    help: Where to send requests.
    type: select
    options:
      - { value: api.xdr.trendmicro.com, label: United States }
    default: api.xdr.trendmicro.com
    required: true
  - name: api_key
    label: API Key
    help: The credential.
    type: secret
    required: true
actions:
  - id: act
    title: Act
    description: Misbehaves.
    effect: other
    changes: reversible
    accepts:
      - kind: Indicator
        subtypes: [FQDN]
    sections:
      - title: Connection Settings
        parameters: [api_region, api_key]
    egress:
      - connection: service
        methods: [POST]
        changes: true
        paths: [/v3.0/threatintel/suspiciousObjects]
        idempotent: true
        reason: To have something to misuse.
"#;

/// Packs a guest into `directory`.
#[must_use]
pub fn guest_bundle(directory: &Path, name: &str) -> PathBuf {
    guest_bundle_with(directory, name, str::to_owned)
}

/// The same with a manifest that was changed.
#[must_use]
pub fn guest_bundle_with(directory: &Path, name: &str, change: impl Fn(&str) -> String) -> PathBuf {
    bundle_around(directory, name, &product::guest(name), &change(MANIFEST))
}

/// Packs a component that nobody built: for those that are made to do harm.
#[must_use]
pub fn bundle_of(directory: &Path, name: &str, component: &[u8]) -> PathBuf {
    let path = directory.join("component.wasm");
    std::fs::write(&path, component).expect("the file is written");
    bundle_around(directory, name, &path, MANIFEST)
}

fn bundle_around(directory: &Path, name: &str, component: &Path, manifest: &str) -> PathBuf {
    let write = |file: &str, content: &str| {
        let path = directory.join(file);
        std::fs::write(&path, content).expect("the file is written");
        path
    };
    let zip = directory.join(format!("{name}.zip"));
    let bill = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"guest","version":"0.1.0"}]}"#;
    let output = Command::new(product::binary())
        .arg("pack")
        .args([Path::new("--manifest"), &write("manifest.yaml", manifest)])
        .args([Path::new("--component"), component])
        .args([Path::new("--readme"), &write("README.md", "# Guest\n")])
        .args([Path::new("--changelog"), &write("CHANGELOG.md", "# 0.1.0\n")])
        .args([Path::new("--license"), &product::root().join("LICENSE")])
        .args([Path::new("--icon"), &write("icon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")])
        .args([Path::new("--sbom"), &write("sbom.json", bill)])
        .args([Path::new("--sign"), &product::signing_key()])
        .args([Path::new("--out"), &zip])
        .output()
        .expect("palisade starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    zip
}
