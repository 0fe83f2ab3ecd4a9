//! What to do, where an action's own words are those of the command line: here the same is a setting of the workflow.

/// Stable code of an action that stopped because the service would remove entries of others to make room.
const WOULD_EVICT: &str = "would-evict";

/// The hint of a step that ended with this code; `evictions` is how many entries would have been removed.
pub(crate) fn of_step(code: Option<&str>, hint: Option<String>, evictions: u64) -> Option<String> {
    if code != Some(WOULD_EVICT) {
        return hint;
    }
    Some(format!(
        "nothing was sent; a dry run shows what would go, and the workflow's setting *Entries of others that a run may push \
         out* (`max_evictions`) allows it with {evictions} or more"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_for_evictions_names_the_setting_of_the_workflow_and_no_flag() {
        let flags = Some("`--max-evictions 5` allows it".to_owned());
        let hint = of_step(Some("would-evict"), flags.clone(), 5).unwrap();
        assert!(
            hint.contains("Entries of others that a run may push out") && hint.contains("with 5 or more"),
            "{hint}"
        );
        assert!(!hint.contains("--"), "{hint}");
        assert_eq!(of_step(Some("key-refused"), flags.clone(), 5), flags);
        assert_eq!(of_step(None, None, 5), None);
    }
}
