//! Which bundles have been run before: without a policy a bundle's own requests are granted as it asks for them, so that
//! the first run says what they are. What is kept is the digest of the zip, as the name of an empty file.
//!
//! Where nothing can be kept every run counts as the first: it is better to tell once too often.

use etcetera::BaseStrategy as _;
use palisade_bundle::{Action, Bundle};

/// What the action may send, in words, if this is the first run of the bundle; else nothing.
pub(crate) fn grants_to_tell(bundle: &Bundle, action: &Action) -> Vec<String> {
    if remembered(bundle) {
        return Vec::new();
    }
    action.egress.iter().map(|asked| asked.in_words(bundle.manifest())).collect()
}

fn remembered(bundle: &Bundle) -> bool {
    let Ok(strategy) = etcetera::choose_base_strategy() else { return false };
    let Some(state) = strategy.state_dir().or_else(|| Some(strategy.cache_dir())) else { return false };
    let directory = state.join("palisade").join("bundles");
    let file = directory.join(bundle.digest().to_string());
    if file.exists() {
        return true;
    }
    let kept = std::fs::create_dir_all(&directory).and_then(|()| std::fs::File::create(&file));
    if let Err(error) = kept {
        tracing::debug!(%error, "it cannot be remembered that the bundle has been run");
    }
    false
}
