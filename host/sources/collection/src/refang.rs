//! Defanged values made whole again: `hxxp://evil[.]example` is `http://evil.example`.
//!
//! Only forms that no valid domain, address, URL or e-mail address contains are changed, so a value that was never
//! defanged passes unchanged.

/// Endings of what has been read so far and what stands for them. Each is looked for after each character, so what a
/// replacement completes is found as well: `[` `.` becomes `.`, and `.` `]` becomes `.` in its turn.
const ENDINGS: &[(&str, &str)] = &[
    ("[.", "."),
    (".]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("<.>", "."),
    ("\\.", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[:]", ":"),
    ("[://]", "://"),
    ("[:/]", ":/"),
    ("[/]", "/"),
    ("[//]", "//"),
];

/// The same for what stands for `@`; a path may contain these, so they are not looked for behind `://`.
const AT_ENDINGS: &[(&str, &str)] =
    &[("[@]", "@"), ("(@)", "@"), ("[at]", "@"), ("(at)", "@"), ("{at}", "@")];

/// Schemes that are written so that nobody follows them, and the schemes that they stand for.
const SCHEMES: &[(&str, &str)] = &[
    ("hxxp", "http"),
    ("hxxps", "https"),
    ("h**p", "http"),
    ("h**ps", "https"),
    ("htxp", "http"),
    ("htxps", "https"),
    ("hxtp", "http"),
    ("hxtps", "https"),
    ("h__p", "http"),
    ("h__ps", "https"),
    ("meow", "http"),
    ("meows", "https"),
    ("fxp", "ftp"),
    ("fxps", "ftps"),
    ("f*p", "ftp"),
];

/// Words that stand between the halves of a value when it is written with spaces: `user [at] evil [dot] example`.
const JOINTS: &[&str] =
    &["[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", "[@]", "(@)", "[at]", "(at)", "{at}", "[:]"];

/// Undoes defanging. Doing it twice changes nothing more.
#[must_use]
pub fn refang(value: &str) -> String {
    // Most values of most lists were never defanged, and to find that out takes a tenth of the time.
    let whole = if value.contains(MARKS) { without_marks(value) } else { value.to_owned() };
    let scheme = whole.split_once("://").and_then(|(scheme, rest)| {
        let (_, meant) = SCHEMES.iter().find(|(written, _)| scheme.eq_ignore_ascii_case(written))?;
        Some(format!("{meant}://{rest}"))
    });
    scheme.unwrap_or(whole)
}

/// One of these is in every ending.
const MARKS: [char; 6] = ['[', ']', '(', '{', '<', '\\'];

fn without_marks(value: &str) -> String {
    let mut whole = String::with_capacity(value.len());
    let mut behind_scheme = false;
    for character in value.chars() {
        whole.push(character);
        if matches!(character, '.' | ']' | ')' | '}' | '>') {
            while replace_ending(&mut whole, ENDINGS)
                || (!behind_scheme && replace_ending(&mut whole, AT_ENDINGS))
            {}
        }
        behind_scheme = behind_scheme || whole.ends_with("://");
    }
    whole
}

/// Replaces the first ending that the text has; false if it has none.
fn replace_ending(text: &mut String, endings: &[(&str, &str)]) -> bool {
    for (written, meant) in endings {
        let Some(start) = text.len().checked_sub(written.len()) else { continue };
        if text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(written)) {
            text.truncate(start);
            text.push_str(meant);
            return true;
        }
    }
    false
}

/// The line with the parts that a defanged value was torn into put together again; all other white space stays.
#[must_use]
pub(crate) fn rejoined(line: &str) -> String {
    let mut whole = String::with_capacity(line.len());
    let mut joining = false;
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.trim_start();
        let blank = rest.get(..rest.len().saturating_sub(word.len())).unwrap_or_default();
        let end = word.find(char::is_whitespace).unwrap_or(word.len());
        let (word, after) = word.split_at_checked(end).unwrap_or((word, ""));
        let is_joint = JOINTS.iter().any(|joint| word.eq_ignore_ascii_case(joint));
        if !is_joint && !joining {
            whole.push_str(blank);
        }
        whole.push_str(word);
        joining = is_joint;
        rest = after;
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_ending_has_one_of_the_marks_that_it_is_looked_for_by() {
        for (written, _) in ENDINGS.iter().chain(AT_ENDINGS) {
            assert!(written.contains(MARKS), "{written}");
        }
    }

    #[test]
    fn forms_seen_in_the_wild_are_made_whole() {
        for (written, meant) in [
            ("185.178.209[.]193", "185.178.209.193"),
            ("hxxp://evil[.]example/a", "http://evil.example/a"),
            ("hXXps[:]//evil.example", "https://evil.example"),
            ("h**p://evil.example", "http://evil.example"),
            ("meow://evil[.]example", "http://evil.example"),
            ("http[:]//evil.example", "http://evil.example"),
            ("hxxp[://]evil(.)example", "http://evil.example"),
            ("user[at]evil[dot]example", "user@evil.example"),
            ("user(@)evil{.}example", "user@evil.example"),
            ("evil(DOT)example", "evil.example"),
            ("evil\\.example", "evil.example"),
            ("a[.]b.example", "a.b.example"),
            ("evil[.example", "evil.example"),
            ("evil.]example", "evil.example"),
            ("2001[:]db8[:]:1", "2001:db8::1"),
            ("fxp://evil.example", "ftp://evil.example"),
        ] {
            assert_eq!(refang(written), meant, "{written}");
        }
    }

    #[test]
    fn values_that_were_never_defanged_pass_unchanged() {
        for value in [
            "http://[2001:db8::1]:8080/a",
            "http://[::ffff:192.0.2.1]/",
            "https://evil.example/mail(at)home?a[]=1",
            "user@evil.example",
            "hxxp.example",
            "meow",
        ] {
            assert_eq!(refang(value), value);
        }
    }

    #[test]
    fn words_that_were_torn_apart_are_joined() {
        assert_eq!(
            rejoined("user [at] evil [dot] example  a\tcomment"),
            "user[at]evil[dot]example  a\tcomment"
        );
        assert_eq!(rejoined("[.] x"), "[.]x");
    }

    proptest! {
        #[test]
        fn refanging_twice_changes_nothing_more(value in r"[a-z\[\](){}<>.:/@*\\ dothxpmew]{0,40}|\PC{0,40}") {
            let once = refang(&value);
            prop_assert_eq!(refang(&once), once.clone());
        }

        #[test]
        fn nothing_defanged_is_left(labels in proptest::collection::vec("[a-z0-9]{1,8}", 2..5)) {
            prop_assert_eq!(refang(&labels.join("[.]")), labels.join("."));
        }
    }
}
