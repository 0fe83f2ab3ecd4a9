//! Paths of grants: which paths a rule names, what two rules have in common, and which path has one reading only. Pure.
//!
//! Denies by default: a path that a server could read differently from us is in no rule.

use std::fmt;

/// One path of a grant. A segment that is `{segment}` stands for any one segment that is not empty: `/tasks/{segment}` names
/// `/tasks/7` and not `/tasks/7/notes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathRule {
    /// Exactly this path.
    Exact(String),
    /// Everything below this prefix, which ends in `/`; the prefix itself is not below it.
    Below(String),
}

/// Why a text is not a path that can be granted.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` cannot be a path: {what}")]
pub struct PathError {
    text: String,
    what: &'static str,
}

impl PathError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "path"
    }

    /// The reason alone, as a phrase.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.what
    }
}

impl PathRule {
    /// Reads a path as the manifest writes it: `/a/b`, `/a/{segment}/b` or `/a/*`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(prefix) if prefix.ends_with('/') => Self::Below(prefix.to_owned()),
            _ => Self::Exact(text.to_owned()),
        }
    }

    /// As [`PathRule::parse`], for text that nobody has judged yet, by the rules of a manifest.
    ///
    /// # Errors
    /// Where the path does not begin with `/`, has a `*` elsewhere than at its end, or could be read in two ways.
    pub fn checked(text: &str) -> Result<Self, PathError> {
        let refuse = |what| Err(PathError { text: text.to_owned(), what });
        let rule = Self::parse(text);
        let (Self::Exact(fixed) | Self::Below(fixed)) = &rule;
        if !fixed.starts_with('/') {
            return refuse("it does not begin with `/`");
        }
        if fixed.contains('*') {
            return refuse("`*` is allowed only at the end, after `/`");
        }
        if fixed.contains(['?', '#']) {
            return refuse("a grant does not cover queries or fragments");
        }
        if fixed.contains('%') {
            return refuse("an escaped character can be read in two ways");
        }
        // Checked for everything else without its placeholders.
        let fixed = &segments(fixed)
            .iter()
            .map(|one| if *one == PLACEHOLDER { "x" } else { one })
            .collect::<Vec<_>>()
            .join("/");
        if fixed.contains(['{', '}']) {
            return refuse("a brace is allowed only in `{segment}`, which replaces a whole segment");
        }
        if !fixed.chars().all(|one| one.is_ascii_graphic() && !"\\\"<>^`{|}".contains(one)) {
            return refuse("it contains a character that no URL path contains");
        }
        if !is_unambiguous(fixed) {
            return refuse("it contains `//`, `.` or `..`");
        }
        Ok(rule)
    }

    /// The narrowest rule that can be written and matches the path: the path itself, or everything below the nearest
    /// parent where the path cannot be written as a rule (`/a/b%20c`, or a path that itself ends in `/*`). `None` where
    /// only a rule for all paths would do.
    #[must_use]
    pub fn narrowest(path: &str) -> Option<Self> {
        if !is_unambiguous(path) {
            return None;
        }
        let exact = Self::checked(path).ok().filter(|rule| matches!(rule, Self::Exact(_)));
        let mut parent = path;
        exact.or_else(|| {
            while let Some((above, _)) = parent.rsplit_once('/') {
                if above.is_empty() {
                    break;
                }
                let rule = Self::checked(&format!("{above}/*")).ok().filter(|rule| rule.matches(path));
                if rule.is_some() {
                    return rule;
                }
                parent = above;
            }
            None
        })
    }

    /// Whether the rule names a request's path, without its query.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => {
                let (own, asked) = (segments(exact), segments(path));
                own.len() == asked.len() && is_named(&own, &asked)
            }
            Self::Below(prefix) => {
                let (own, asked) = (segments(above(prefix)), segments(path));
                has_more(&own, &asked) && is_named(&own, &asked)
            }
        }
    }

    /// Whether every path that the other rule names is named by this one.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        // No path has a brace, so that a placeholder of the other rule is matched by a placeholder only.
        match (self, other) {
            (_, Self::Exact(path)) => self.matches(path),
            (Self::Below(wide), Self::Below(narrow)) => {
                let (wide, narrow) = (segments(above(wide)), segments(above(narrow)));
                wide.len() <= narrow.len() && is_named(&wide, &narrow)
            }
            (Self::Exact(_), Self::Below(_)) => false,
        }
    }

    /// What both rules name, as one rule; none if they have nothing in common.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Exact(one), Self::Exact(another)) => {
                let (one, another) = (segments(one), segments(another));
                (one.len() == another.len()).then(|| common(&one, &another).map(Self::Exact))?
            }
            (Self::Below(prefix), Self::Exact(path)) | (Self::Exact(path), Self::Below(prefix)) => {
                let (prefix, path) = (segments(above(prefix)), segments(path));
                has_more(&prefix, &path).then(|| common(&prefix, &path).map(Self::Exact))?
            }
            (Self::Below(one), Self::Below(another)) => {
                let common = common(&segments(above(one)), &segments(above(another)))?;
                Some(Self::Below(format!("{common}/")))
            }
        }
    }
}

/// Stands for one segment of a path, which must not be empty.
const PLACEHOLDER: &str = "{segment}";

/// The parts between slashes; the first is empty, because a path begins with one.
fn segments(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

/// A prefix without its last slash.
fn above(prefix: &str) -> &str {
    prefix.strip_suffix('/').unwrap_or(prefix)
}

/// Whether a path has something below a prefix. A path that is the prefix itself ends in an empty segment.
fn has_more(prefix: &[&str], path: &[&str]) -> bool {
    path.get(prefix.len()..).is_some_and(|rest| !matches!(rest, [] | [""]))
}

/// Whether the segments of a rule name the first segments of a path.
fn is_named(rule: &[&str], path: &[&str]) -> bool {
    rule.iter().zip(path).all(|(own, asked)| own == asked || (*own == PLACEHOLDER && !asked.is_empty()))
}

/// The segments that two rules have in common, and after them those of the longer one.
fn common(one: &[&str], other: &[&str]) -> Option<String> {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let shared = short.iter().zip(long).map(|(a, b)| match (*a, *b) {
        (a, b) if a == b => Some(a),
        (PLACEHOLDER, b) if !b.is_empty() => Some(b),
        (a, PLACEHOLDER) if !a.is_empty() => Some(a),
        _ => None,
    });
    let rest = long.iter().skip(short.len()).map(|segment| Some(*segment));
    shared.chain(rest).collect::<Option<Vec<&str>>>().map(|segments| segments.join("/"))
}
impl fmt::Display for PathRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(path) => formatter.write_str(path),
            Self::Below(prefix) => write!(formatter, "{prefix}*"),
        }
    }
}

/// Whether every server reads the path as we do: no dot segments, also not with parameters (`..;a`), no empty segments, no
/// backslashes, and no escapes that are malformed, no UTF-8, or stand for a control character, `.`, `/`, `\\` or `%`, which
/// some servers take for the character itself or unescape twice.
#[must_use]
pub fn is_unambiguous(path: &str) -> bool {
    let printable = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    path.starts_with('/')
        && printable
        && !path.contains("//")
        && path.split('/').all(|segment| !matches!(segment.split(';').next(), Some("." | "..")))
        && has_plain_escapes(path)
}

fn has_plain_escapes(path: &str) -> bool {
    let mut unescaped = Vec::new();
    let mut parts = path.split('%');
    parts.next();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else { return false };
        if byte.is_ascii_control() || b"./\\%".contains(&byte) {
            return false;
        }
        unescaped.push(byte);
        // What stands between two escapes ends a character.
        unescaped.extend(part.bytes().skip(2));
    }
    std::str::from_utf8(&unescaped).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_that_could_be_read_in_two_ways_is_none() {
        for text in [
            "",
            "a",
            "*",
            "/a*",
            "/a/*/b",
            "/a/**",
            "/a?b",
            "/a#b",
            "/a%20b",
            "/a%2fb",
            "/a//b",
            "//a",
            "//*",
            "/a/../b",
            "/..",
            "/./a",
            "/../*",
            "/a/..;x/b",
            "/a b",
            "/a\\b",
            "/\u{e4}",
            "/a\n",
            "/{a}",
            "/a{segment}",
            "/{segment}b/c",
            "/{Segment}",
        ] {
            assert!(PathRule::checked(text).is_err(), "{text}");
        }
        for text in [
            "/",
            "/*",
            "/v3.0/threatintel/suspiciousObjects",
            "/v3.0/*",
            "/a-b_c~d/",
            "/a/{segment}",
            "/{segment}/b/*",
        ] {
            assert!(PathRule::checked(text).is_ok(), "{text}");
        }
        assert_eq!(PathRule::checked("/a/*").unwrap(), PathRule::Below("/a/".to_owned()));
        assert_eq!(PathRule::checked("/a").unwrap(), PathRule::Exact("/a".to_owned()));
    }

    #[test]
    fn a_placeholder_is_one_segment() {
        let rule = PathRule::checked("/alerts/{segment}/notes").unwrap();
        assert!(rule.matches("/alerts/7/notes") && rule.matches("/alerts/{segment}/notes"));
        for path in [
            "/alerts/notes",
            "/alerts//notes",
            "/alerts/7/8/notes",
            "/alerts/7/notes/delete",
            "/alerts/7/notes/",
        ] {
            assert!(!rule.matches(path), "{path}");
        }
        let below = PathRule::checked("/alerts/{segment}/*").unwrap();
        assert!(below.contains(&rule) && !rule.contains(&below));
        assert!(
            below.matches("/alerts/7/notes/delete")
                && !below.matches("/alerts/7")
                && !below.matches("/alerts/7/")
        );
        let one = PathRule::checked("/a/{segment}/c").unwrap();
        let other = PathRule::checked("/a/b/{segment}").unwrap();
        assert_eq!(one.intersection(&other), Some(PathRule::Exact("/a/b/c".to_owned())));
        assert!(!one.contains(&other) && !other.contains(&one));
    }

    #[test]
    fn a_path_that_cannot_be_written_is_granted_with_its_parent_or_not_at_all() {
        let narrowest = |path| PathRule::narrowest(path).map(|rule| rule.to_string());
        assert_eq!(narrowest("/a/b").as_deref(), Some("/a/b"));
        assert_eq!(narrowest("/a/b%20c").as_deref(), Some("/a/*"));
        assert_eq!(narrowest("/a/b%20c/d").as_deref(), Some("/a/*"));
        assert_eq!(narrowest("/a/*").as_deref(), Some("/a/*"));
        for path in ["/*", "/a%20b", "/a/../b", "x"] {
            assert_eq!(narrowest(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_that_some_server_could_read_otherwise_has_no_single_reading() {
        for path in [
            "/a/../b",
            "/a/./b",
            "/a/..",
            "/a//b",
            "//a",
            "/a\\b",
            "/a/%2e%2e/b",
            "/a/%2E./b",
            "/a/.%2e/b",
            "/a%2fb",
            "/a%5cb",
            "/a%00",
            "/a%0d%0aX",
            "/a%7f",
            "/a/%252e%252e/b",
            "/a%25b",
            "/a%2",
            "/a%",
            "/a%zz",
            "/a%+1",
            "/a/..;/b",
            "/a/.;x=1/b",
            "/a/%c0%ae/b",
            "/a/%ff",
            "/a%c3x%a4",
            "/https://b.example/c",
            "a/b",
            "",
        ] {
            assert!(!is_unambiguous(path), "{path}");
        }
        for path in ["/", "/a/", "/a.b/..c/d..", "/a;v=1/b", "/a%20b", "/%C3%A4", "/a:b@c", "/a/...", "/%41"]
        {
            assert!(is_unambiguous(path), "{path}");
        }
    }

    /// Rules and paths over few segments, so that they meet often.
    fn path() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab]", 1..4).prop_map(|segments| format!("/{}", segments.join("/")))
    }

    fn rule() -> impl Strategy<Value = PathRule> {
        let path = proptest::collection::vec("[ab]|\\{segment\\}", 1..4);
        let path = path.prop_map(|segments| format!("/{}", segments.join("/")));
        (path, any::<bool>())
            .prop_map(|(path, below)| PathRule::parse(&if below { format!("{path}/*") } else { path }))
    }

    proptest! {
        #[test]
        fn two_rules_have_in_common_what_both_match(one in rule(), other in rule(), path in path()) {
            let both = one.matches(&path) && other.matches(&path);
            let common = one.intersection(&other).is_some_and(|common| common.matches(&path));
            prop_assert_eq!(both, common);
        }

        #[test]
        fn the_narrowest_rule_matches_its_path(path in "(/[a-c*%{,.]{1,3}){1,4}") {
            if let Some(rule) = PathRule::narrowest(&path) {
                prop_assert!(rule.matches(&path));
                prop_assert!(PathRule::checked(&rule.to_string()).is_ok());
            }
        }
    }
}
