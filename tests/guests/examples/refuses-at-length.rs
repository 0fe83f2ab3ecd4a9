//! Refuses any configuration, with more problems than a host wants to know and texts of a megabyte.

/// Characters of three bytes each.
const CHARACTERS: usize = 350_000;

fn judge() -> Vec<Reason> {
    let long = "€".repeat(CHARACTERS);
    let mut problems = vec![Reason { code: long.clone(), message: long }];
    problems.resize(1_000, Reason { code: "refused".to_owned(), message: "once more".to_owned() });
    problems
}

palisade_guests::validating_guest!(judge);
