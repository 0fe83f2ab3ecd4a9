//! Refuses any configuration, with more problems than a host wants to know and texts of a megabyte.

/// Characters of three bytes each.
const CHARACTERS: usize = 350_000;

fn judge() -> Vec<Problem> {
    let long = "€".repeat(CHARACTERS);
    let mut problems = vec![Problem { code: long.clone(), message: long }];
    problems.resize(1_000, Problem { code: "refused".to_owned(), message: "once more".to_owned() });
    problems
}

palisade_guests::validating_guest!(judge);
