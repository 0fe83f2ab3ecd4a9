//! Which interfaces this host offers, and which of a component's imports it therefore lacks. All missing ones are named
//! at once, before anything runs.

/// A package: its name, the newest version that this host knows, and its interfaces.
type Package = (&'static str, (u64, u64, u64), &'static [&'static str]);

/// The contract's package.
const CONTRACT: &str = "palisade:action";
/// The version of the contract that this host implements.
pub(crate) const CONTRACT_VERSION: (u64, u64, u64) = (0, 2, 0);

/// The packages that are offered.
const OFFERED: &[Package] = &[
    (CONTRACT, CONTRACT_VERSION, &["artefacts", "circumstances", "collection", "log", "model", "results"]),
    (
        "wasi:cli",
        (0, 2, 12),
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", (0, 2, 12), &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem", (0, 2, 12), &["types", "preopens"]),
    ("wasi:http", (0, 2, 12), &["types", "outgoing-handler"]),
    ("wasi:io", (0, 2, 12), &["error", "poll", "streams"]),
    ("wasi:random", (0, 2, 12), &["random", "insecure", "insecure-seed"]),
    (
        "wasi:sockets",
        (0, 2, 12),
        &[
            "network",
            "instance-network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
            "ip-name-lookup",
        ],
    ),
];

/// The contract's older version, for example `palisade:action@0.1.0`, if one of these names of imports and exports belongs
/// to a version that this host does not implement any more.
pub(crate) fn too_old<'names>(mut names: impl Iterator<Item = &'names str>) -> Option<String> {
    names.find_map(|name| {
        let (path, version) = name.split_once('@')?;
        let found = parse(version)?;
        let older = found < CONTRACT_VERSION && !is_compatible(found, CONTRACT_VERSION);
        (path.split_once('/')?.0 == CONTRACT && older).then(|| format!("{CONTRACT}@{version}"))
    })
}

/// The imports that are not offered, each with the reason.
pub(crate) fn missing<'names>(imports: impl Iterator<Item = &'names str>) -> Vec<String> {
    imports.filter_map(|name| why_missing(name).map(|reason| format!("`{name}` ({reason})"))).collect()
}

fn why_missing(name: &str) -> Option<&'static str> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    let Some((_, newest, interfaces)) = OFFERED.iter().find(|(offered, ..)| *offered == package) else {
        return Some("no such package here");
    };
    if !interfaces.contains(&interface) {
        return Some("no such interface here");
    }
    match parse(version) {
        Some(asked) if is_compatible(asked, *newest) => None,
        Some(asked) if asked > *newest => Some("newer than this host"),
        _ => Some("a version that this host does not have"),
    }
}

fn parse(version: &str) -> Option<(u64, u64, u64)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Below 1.0 the minor number must be the same (semantic versioning as the component model applies it). A newer patch
/// level may be imported as long as only older functions of it are used, which linking finds out.
fn is_compatible(asked: (u64, u64, u64), newest: (u64, u64, u64)) -> bool {
    asked.0 == newest.0 && asked.1 == newest.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_import_is_named_with_its_reason() {
        let imports = [
            "palisade:action/results@0.2.0",
            "wasi:io/poll@0.2.0",
            "wasi:http/types@0.2.99",
            "palisade:action/results@0.3.0",
            "wasi:io/poll@0.3.0",
            "wasi:keyvalue/store@0.2.0",
            "wasi:http/incoming-handler@0.2.0",
            "print",
        ];
        assert_eq!(
            missing(imports.into_iter()),
            [
                "`palisade:action/results@0.3.0` (newer than this host)",
                "`wasi:io/poll@0.3.0` (newer than this host)",
                "`wasi:keyvalue/store@0.2.0` (no such package here)",
                "`wasi:http/incoming-handler@0.2.0` (no such interface here)",
                "`print` (no such package here)",
            ]
        );
    }

    #[test]
    fn an_older_version_of_the_contract_is_recognized_by_any_of_its_interfaces() {
        let old = ["wasi:io/poll@0.2.0", "palisade:action/types@0.1.0", "palisade:action/action@0.1.0"];
        assert_eq!(too_old(old.into_iter()).as_deref(), Some("palisade:action@0.1.0"));
        let others =
            ["palisade:action/action@0.2.0", "palisade:action/action@0.3.0", "other:action/action@0.1.0"];
        assert_eq!(too_old(others.into_iter()), None);
    }
}
