//! Mutants that no test of their crate notices, with the reason why that is accepted.

/// One accepted mutant.
pub(crate) struct Accepted {
    /// The file, from the repository's root.
    pub(crate) file: &'static str,
    /// The change, as cargo-mutants names it after the place.
    pub(crate) change: &'static str,
    /// Why no test needs to notice it.
    pub(crate) reason: &'static str,
}

/// All of them.
pub(crate) const ACCEPTED: &[Accepted] = &[
    Accepted {
        file: "host/runtime/bundle/src/archive/entry.rs",
        change: "replace | with ^",
        reason: "the bits have nothing in common, so both give the same number",
    },
    Accepted {
        file: "plugin/src/session/watch.rs",
        change: "replace < with <= in Session::step_watch",
        reason: "differs at one instant only, at which a wait of no time is all that is added",
    },
];
