//! Which of the known names a person most likely meant.
//!
//! Denies by default: a name that is too far from every candidate gets no suggestion, since a wrong one misleads.

/// The candidate closest to `name`, if one is close enough to have been meant; the first of several that are equally close.
///
/// Case and the difference between `_`, `-` and space do not count. Close enough is a distance (Damerau-Levenshtein: one
/// inserted, removed, replaced character or one swapped pair counts one) of at most a third of the longer name, at least one.
pub fn nearest<'a, I, S>(name: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a S>,
    S: AsRef<str> + ?Sized + 'a,
{
    let wanted = folded(name);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let candidate = candidate.as_ref();
        let against = folded(candidate);
        let distance = strsim::damerau_levenshtein(&wanted, &against);
        let allowed = (wanted.chars().count().max(against.chars().count()) / 3).max(1);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// What is compared: lower case, with one separator for all.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const NAMES: [&str; 4] = ["api_key", "api_region", "url_scheme", "objects_per_run"];

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        for (slip, meant) in [
            ("api_regoin", "api_region"),
            ("API Key", "api_key"),
            ("objects-per-run", "objects_per_run"),
            ("urlscheme", "url_scheme"),
        ] {
            assert_eq!(nearest(slip, &NAMES), Some(meant), "{slip}");
        }
    }

    #[test]
    fn another_name_finds_nothing() {
        assert_eq!(nearest("password", &NAMES), None);
        assert_eq!(nearest("x", &NAMES), None);
        assert_eq!(nearest::<_, str>("x", std::iter::empty()), None);
    }

    #[test]
    fn owned_names_will_do() {
        let owned: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
        assert_eq!(nearest("api_kye", &owned), Some("api_key"));
    }
}
