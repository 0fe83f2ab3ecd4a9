//! Text for users in sources: string literals, help texts, templates.

use std::fs;
use std::path::{Path, PathBuf};

/// The files with this ending below a directory, without tests and examples; or the file itself.
pub(crate) fn files(path: &Path, ending: &str) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let is_test = |path: &PathBuf| {
        path.file_stem()
            .is_some_and(|stem| ["tests", "examples", "target", "templates"].iter().any(|name| stem == *name))
    };
    let below = entries.filter(|path| !is_test(path));
    below
        .filter(|path| path.is_dir() || path.extension().is_some_and(|found| found == ending))
        .flat_map(|path| files(&path, ending))
        .collect()
}

/// The string literals of a Rust source, each with its line, up to its tests. Code in backticks is blank.
pub(crate) fn literals(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut letters = source.chars().peekable();
    let (mut line, mut last) = (1, '\n');
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => line += 1,
            '/' if last == '/' => {
                // A comment: up to the end of its line, which is counted next.
                while letters.next_if(|next| *next != '\n').is_some() {}
            }
            // A character such as '"' or '\\'; a lifetime has no closing mark.
            '\'' => {
                let mut rest = letters.clone();
                let length = if rest.next() == Some('\\') { 3 } else { 2 };
                if letters.clone().nth(length - 1) == Some('\'') {
                    letters.nth(length - 1);
                }
            }
            '"' => {
                let start = line;
                let mut text = String::new();
                while let Some(inner) = letters.next() {
                    match inner {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some('\n') => {
                                line += 1;
                                while letters.next_if(|next| next.is_whitespace() && *next != '\n').is_some()
                                {
                                }
                            }
                            _ => text.push(' '),
                        },
                        '\n' => {
                            line += 1;
                            text.push(' ');
                        }
                        _ => text.push(inner),
                    }
                }
                found.push((start, without_values(&without_code(&text))));
            }
            _ => {}
        }
        last = letter;
    }
    found
}

/// The documentation comments of a Rust source, each line with its number: the help texts of a command line.
pub(crate) fn comments(source: &str) -> Vec<(usize, String)> {
    let lines = (1..).zip(source.lines());
    lines
        .filter_map(|(number, line)| Some((number, without_code(line.trim().strip_prefix("///")?))))
        .collect()
}

/// The text of a template, line by line: without tags, expressions and comments.
pub(crate) fn template(source: &str) -> Vec<(usize, String)> {
    let mut text = String::new();
    let mut depth = 0_u32;
    for letter in source.chars() {
        match letter {
            '<' | '{' => depth += 1,
            '>' | '}' => depth = depth.saturating_sub(1),
            '\n' => text.push('\n'),
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    (1..).zip(text.lines().map(str::to_owned)).collect()
}

/// A text of a format string whose values in braces are blank.
fn without_values(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    [first].into_iter().chain(rest.map(str::to_owned)).collect::<Vec<_>>().join("\u{b7}")
}

/// A text whose code in backticks is blank.
fn without_code(text: &str) -> String {
    text.split('`').enumerate().map(|(index, part)| if index % 2 == 0 { part } else { "\u{b7}" }).collect()
}
