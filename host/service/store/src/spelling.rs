//! One text for all spellings of a value, so that a search and the history of an object find it however a source wrote it:
//! defanged or not, with or without a scheme, in upper or lower case, an international name in Unicode or in ASCII.

use palisade_collection::refang;
use palisade_limits as limits;

/// The text by which a value is found. Its scheme is left out, and its host is in lower case and ASCII. A path keeps its
/// case. Long values are cut: what has the same key is not always the same value.
#[must_use]
pub fn key(value: &str) -> String {
    let whole = refang(value.trim());
    let rest = match whole.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ => whole.as_str(),
    };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let mut key = ascii(&host.to_lowercase());
    if path.is_empty() {
        key.truncate(key.trim_end_matches('.').len());
    } else {
        key.push_str(path);
        key.truncate(key.trim_end_matches('/').len());
    }
    let most = usize::try_from(limits::SEARCH_KEY_CHARACTERS).unwrap_or(usize::MAX);
    if let Some((end, _)) = key.char_indices().nth(most) {
        key.truncate(end);
    }
    key
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one))
}

/// The name of a host as a service gets it. What is not a name stays as it is.
fn ascii(host: &str) -> String {
    if host.is_ascii() {
        return host.to_owned();
    }
    // The user of an email address is not a part of the name.
    let (user, name) = host.rsplit_once('@').map_or(("", host), |(user, name)| (user, name));
    let Ok(name) = idna::domain_to_ascii(name) else { return host.to_owned() };
    if user.is_empty() { name } else { format!("{user}@{name}") }
}

/// The keys that begin with `start`, as a range: from it and up to, without, the second.
#[must_use]
pub fn range(start: &str) -> (String, String) {
    (start.to_owned(), format!("{start}{}", char::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_value_has_one_key() {
        for (spellings, expected) in [
            (
                &[
                    "http://a.example/Path",
                    "hxxp://a[.]example/Path",
                    "HTTPS://A.Example/Path/",
                    "a.example/Path",
                    " a(.)example/Path ",
                ][..],
                "a.example/Path",
            ),
            (&["a.example", "A[.]EXAMPLE.", "http://a.example/", "a[dot]example"], "a.example"),
            (&["bücher.example", "BÜCHER.example", "xn--bcher-kva.example"], "xn--bcher-kva.example"),
            (
                &["someone@bücher.example", "someone[@]xn--bcher-kva[.]example"],
                "someone@xn--bcher-kva.example",
            ),
            (&["192.0.2.1", "192[.]0[.]2[.]1", "http://192.0.2.1"], "192.0.2.1"),
            (&["ABCDEF0123", "abcdef0123"], "abcdef0123"),
        ] {
            for spelling in spellings {
                assert_eq!(key(spelling), expected, "{spelling}");
            }
        }
    }

    #[test]
    fn paths_that_differ_in_case_are_different_values() {
        assert_ne!(key("http://a.example/X"), key("http://a.example/x"));
    }

    #[test]
    fn a_key_is_bounded_and_a_key_of_a_key_is_the_same() {
        let long = key(&format!("http://a.example/{}", "ü".repeat(5_000)));
        assert_eq!(long.chars().count() as u64, limits::SEARCH_KEY_CHARACTERS);
        for text in ["", "://", "x", "://x", "[", "http://", &long] {
            assert_eq!(key(&key(text)), key(text), "{text}");
        }
    }
}
