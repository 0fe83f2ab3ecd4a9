//! The container's recipe for a binary that is already built. It is the last stage of `deploy/Containerfile`, which builds the binary
//! itself, so that both images are the same.

use anyhow::{Context as _, Result, ensure};

/// The version of glibc in the image that the recipe starts from, Debian 12.
pub(super) const BASE_GLIBC: &str = "2.36";
/// The empty directory that becomes the volume.
pub(super) const STATE: &str = "state";

/// Paths of the first stage, and the files of the context that replace them.
const COPIES: [(&str, &str); 2] =
    [("--from=build /source/target/release/palisade", "palisade"), ("/empty/palisade", STATE)];

/// The recipe for a context that contains the binary and [`STATE`].
pub(super) fn of_a_binary(recipe: &str) -> Result<String> {
    let last = recipe.rfind("\nFROM ").context("deploy/Containerfile has one stage only")?;
    let mut text = recipe.get(last..).unwrap_or_default().trim_start().to_owned();
    for (built, in_context) in COPIES {
        ensure!(text.contains(built), "deploy/Containerfile does not contain `{built}`");
        text = text.replace(built, in_context);
    }
    text = text.replace("--from=build ", "");
    Ok(format!(
        "# The service in a container without a shell, from the binary in this directory:\n#\n\
         #   podman build -t palisade .\n#\n# docs/operations.md describes how to run it.\n\n{text}"
    ))
}

/// The version of glibc that a binary needs, if the image does not have it.
pub(super) fn newer_than_its_base(program: &[u8]) -> Option<String> {
    let number = |version: &str| version.strip_prefix("2.")?.split('.').next()?.parse::<u32>().ok();
    let mark = b"GLIBC_2.";
    let needed = program
        .windows(mark.len())
        .enumerate()
        .filter(|(_, window)| window == mark)
        .filter_map(|(at, _)| {
            let digits = program.get(at + mark.len()..)?.iter().take_while(|byte| byte.is_ascii_digit());
            String::from_utf8(digits.copied().collect()).ok()?.parse::<u32>().ok()
        })
        .max()?;
    (needed > number(BASE_GLIBC)?).then(|| format!("2.{needed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_is_the_last_stage_with_files_of_the_context() {
        let recipe =
            std::fs::read_to_string(crate::paths::root().unwrap().join("deploy/Containerfile")).unwrap();
        let text = of_a_binary(&recipe).unwrap();
        assert_eq!(text.matches("FROM ").count(), 1, "{text}");
        assert!(text.contains("\nCOPY palisade /usr/local/bin/palisade\n"), "{text}");
        assert!(text.contains("\nCOPY --chown=nonroot:nonroot state /var/lib/palisade\n"), "{text}");
        assert!(!text.contains("build /") && !text.contains("cargo"), "{text}");
        assert!(text.contains("cc-debian12"), "{BASE_GLIBC} is the version of Debian 12");
        assert!(of_a_binary("FROM one\n").is_err());
        assert!(of_a_binary("FROM one\nFROM two\n").is_err());
    }

    #[test]
    fn a_binary_for_a_newer_system_is_noticed() {
        assert_eq!(newer_than_its_base(b"GLIBC_2.2.5\0GLIBC_2.36\0"), None);
        assert_eq!(newer_than_its_base(b"GLIBC_2.39\0GLIBC_2.4\0").unwrap(), "2.39");
        assert_eq!(newer_than_its_base(b"without"), None);
    }
}
