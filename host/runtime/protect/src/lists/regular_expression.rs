//! A regular expression as MISP writes it, PHP's way: with delimiters and flags, `/^(abuse|noc)@/i`, or bare.
//!
//! What this library does not know (looking around, references back) or would take too much memory is refused with the
//! reason.

use palisade_limits::WARNING_LIST_REGEX_BYTES;
use regex::RegexBuilder;

/// The pattern with its flags in front, as the `regex` library takes it.
///
/// # Errors
/// Why the entry cannot be used, as the end of a sentence.
pub(crate) fn pattern(entry: &str) -> Result<String, String> {
    let pattern = match delimited(entry) {
        Some((pattern, flags)) => [&translated(flags)?, pattern].concat(),
        None => entry.to_owned(),
    };
    let limit = usize::try_from(WARNING_LIST_REGEX_BYTES).unwrap_or(usize::MAX);
    match RegexBuilder::new(&pattern).size_limit(limit).build() {
        Ok(expression) if expression.is_match("") => {
            Err("matches an empty value, and with it every value".to_owned())
        }
        Ok(_) => Ok(pattern),
        Err(regex::Error::CompiledTooBig(_)) => {
            Err(format!("is a regular expression of more than {limit} bytes when compiled"))
        }
        Err(cause) => {
            let text = cause.to_string();
            let reason = text.lines().rev().find_map(|line| line.strip_prefix("error: "));
            Err(format!("is not a valid regular expression: {}", reason.unwrap_or("it cannot be compiled")))
        }
    }
}

/// What stands between the delimiters, and the flags behind them.
fn delimited(entry: &str) -> Option<(&str, &str)> {
    let delimiter = entry.chars().next().filter(|first| "/#~@!%,;|".contains(*first))?;
    let (pattern, flags) = entry.strip_prefix(delimiter)?.rsplit_once(delimiter)?;
    flags.bytes().all(|flag| flag.is_ascii_alphabetic()).then_some((pattern, flags))
}

/// PHP's flags as this library writes them; those that only concern PHP's own engine or the end of a text are dropped.
fn translated(flags: &str) -> Result<String, String> {
    let mut kept = String::new();
    for flag in flags.chars() {
        match flag {
            'i' | 'm' | 's' | 'x' | 'U' if !kept.contains(flag) => kept.push(flag),
            'i' | 'm' | 's' | 'x' | 'U' | 'u' | 'D' | 'S' | 'X' => {}
            _ => return Err(format!("has the flag `{flag}`, which is not known")),
        }
    }
    Ok(if kept.is_empty() { kept } else { format!("(?{kept})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_and_flags_are_read_as_php_writes_them() {
        for (entry, expected) in [
            (r"/^(security|noc|soc|abuse)\@.*\..*$/i", r"(?i)^(security|noc|soc|abuse)\@.*\..*$"),
            ("#^a/b$#", "^a/b$"),
            ("/a/b/", "a/b"),
            (r"/^https?:\/\/x\.example\//iu", r"(?i)^https?:\/\/x\.example\/"),
            ("^bare$", "^bare$"),
            ("^a|b", "^a|b"),
        ] {
            assert_eq!(pattern(entry).as_deref(), Ok(expected), "{entry}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        for (entry, reason) in [
            ("/(unclosed/", "is not a valid regular expression: unclosed group"),
            ("/(?=ahead)x/", "is not a valid regular expression: look-around"),
            (r"/(a)\1/", "is not a valid regular expression: backreferences are not supported"),
            ("/a/e", "has the flag `e`, which is not known"),
            ("/.*/", "matches an empty value"),
            ("", "matches an empty value"),
            (r"/(\w{1000}){1000}/", "is a regular expression of more than"),
        ] {
            let found = pattern(entry).unwrap_err();
            assert!(found.starts_with(reason), "{entry}: {found}");
        }
    }
}
