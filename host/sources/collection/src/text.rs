//! Plain text: on each line one value or a list of values, defanged or not, with a comment behind it. What is on a line
//! and is not plainly an indicator makes the line unreadable; free prose is not searched. [`line`](mod@line) has the rule
//! for one line, [`filter`](mod@filter) the languages of programs that block.
//!
//! A report in prose is not a list. Headings and sentences are weighed against the values, and a file that was not named
//! to be text is refused for them. In one that was, values below a heading such as `Legitimate sites` are marked as benign,
//! those below `References` are left out, and a value between two sentences is unreadable.

mod filter;
mod label;
mod line;
pub(crate) mod punctuation;
mod section;
mod words;

use std::io::BufRead;

use crate::ReadError;
use crate::do_not_block::{Mark, Reason, comment};
use crate::emitter::Emitter;
use crate::encoding::decoded;
use crate::settle::{is_invisible, strip};
use crate::source::{Line, Lines};
use filter::Rule;
pub(crate) use label::is_type_name;
use line::Content;
use palisade_model::{LeftOut, Location, Note, Object, Record, Unreadable};
use section::{
    Heading, heading, is_heading_of_comments, is_plain_heading, is_rule, is_sentence, is_table_head, title,
};

/// Reads all lines.
pub(crate) fn read(reader: impl BufRead, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
    let mut lines = Lines::new(reader);
    let mut text = Text { comments: Comments { is_apart: true, ..Comments::default() }, ..Text::default() };
    loop {
        let next = lines.next().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        let Some((number, line)) = next else { break };
        let location = Location::Line(number);
        match line {
            Line::TooLong(start) => emitter.emit(too_long(location, start))?,
            Line::Whole(bytes) => {
                let decoded = decoded(bytes);
                text.line(&decoded.text, &location);
                if has_invisible_marks(&decoded.text)
                    && text.found.iter().any(|found| matches!(found, Record::Object(_)))
                {
                    emitter.note_stripped();
                }
                if decoded.is_guessed && text.found.iter().any(is_beyond_ascii) {
                    // Which letters these bytes stand for is not known, and a value must be.
                    text.found = vec![not_utf8(location, bytes)];
                } else if decoded.is_guessed && !text.found.is_empty() {
                    emitter.note(Note::Encoding);
                }
            }
        }
        text.pass_on(emitter)?;
    }
    text.end();
    text.pass_on(emitter)
}

/// Whether a word of a line has something invisible at one of its ends.
fn has_invisible_marks(line: &str) -> bool {
    !line.is_ascii()
        && line.split_whitespace().any(|word| word.starts_with(is_invisible) || word.ends_with(is_invisible))
}

fn is_beyond_ascii(record: &Record) -> bool {
    match record {
        Record::Object(object) => !object.value.is_ascii(),
        Record::LeftOut(left_out) => !left_out.excerpt.is_ascii(),
        Record::Unreadable(_) => true,
    }
}

/// The record for a line longer than a record may be, of which only the start was kept.
pub(crate) fn too_long(location: Location, start: &[u8]) -> Record {
    let message = format!("the line is longer than {} bytes", palisade_limits::RECORD_BYTES);
    Record::Unreadable(Unreadable::new(location, message, &beginning(start)))
}

/// The record for bytes that are not text.
pub(crate) fn not_utf8(location: Location, bytes: &[u8]) -> Record {
    Record::Unreadable(Unreadable::new(location, "not valid UTF-8, expected text", &beginning(bytes)))
}

/// As much of the bytes as an excerpt can need, as text.
pub(crate) fn beginning(bytes: &[u8]) -> String {
    let most = palisade_model::EXCERPT_CHARACTERS.saturating_mul(4);
    String::from_utf8_lossy(bytes.get(..most).unwrap_or(bytes)).into_owned()
}

/// Whether a line holds nothing, or nothing but a comment. `//host.example/path` is a URL that lacks its scheme.
pub(crate) fn is_blank_or_comment(line: &str) -> bool {
    let line = strip(line);
    if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("! ") || line == "!" {
        return true;
    }
    line.strip_prefix("//")
        .is_some_and(|rest| rest.starts_with(char::is_whitespace) || line::parse(rest).is_err())
}

const SLASHES: &str = "a URL that begins with `//`, expected its scheme in front of it";
const BETWEEN_SENTENCES: &str = "a value between sentences, expected a list";

/// How much of a text a line without a value speaks for, against one value for each.
const TITLE_WEIGHT: u64 = 1;
const SENTENCE_WEIGHT: u64 = 3;

/// What is known of the text while it is read.
#[derive(Debug, Default)]
struct Text {
    /// The heading above, where values below it are not to be blocked.
    section: Option<(Heading, String)>,
    comments: Comments,
    /// The line before, blank ones aside, was a sentence.
    follows_sentence: bool,
    /// Records of a line behind a sentence: another sentence behind it makes them part of prose.
    waiting: Vec<Record>,
    /// Records to hand on.
    found: Vec<Record>,
    /// Lines that speak against a list, and how much.
    weight: u64,
    prose_lines: u64,
}

/// A block of comments without a blank line in it.
#[derive(Debug, Default)]
struct Comments {
    /// Lines with words.
    lines: u64,
    /// A blank line or the beginning of the file is above it.
    is_apart: bool,
    /// The section above it.
    before: Option<(Heading, String)>,
}

impl Text {
    /// Takes a line; what comes of it stands in `found`.
    fn line(&mut self, raw: &str, location: &Location) {
        let text = strip(raw);
        if text.is_empty() {
            self.comments = Comments { is_apart: true, ..Comments::default() };
            return;
        }
        if is_blank_or_comment(text) {
            self.comment(text);
            return;
        }
        self.comments = Comments::default();
        if is_rule(text) || is_table_head(text) {
            return;
        }
        if text.starts_with("//") {
            self.damaged(Unreadable::new(location.clone(), SLASHES, text));
            return;
        }
        match filter::read(text) {
            Some(Rule::Blocks(content)) => self.values(content, location),
            Some(Rule::Allows(content)) => {
                self.release();
                for object in objects(content, location) {
                    self.found.push(Mark::new(Reason::Allowed, text).apply(object));
                }
            }
            Some(Rule::Own(message)) => self.found.push(left_out(location, message.to_owned(), text)),
            Some(Rule::Unreadable(message)) => self.damaged(Unreadable::new(location.clone(), message, text)),
            None => match line::parse(text) {
                Ok(content) => self.values(content, location),
                Err(message) => self.without_value(text, Unreadable::new(location.clone(), message, text)),
            },
        }
    }

    /// A comment may be a heading: `## References`. More than one line of comment is the banner of a list, which may speak of
    /// its licence and of false positives.
    fn comment(&mut self, text: &str) {
        let said = text.trim_matches(|mark: char| mark.is_whitespace() || "#/;!=*-".contains(mark));
        if said.is_empty() {
            return;
        }
        self.comments.lines = self.comments.lines.saturating_add(1);
        if self.comments.lines > 1 {
            self.section = self.comments.before.take();
            return;
        }
        self.comments.before = self.section.clone();
        if let Some(title) = title(said).filter(|title| is_heading_of_comments(title)) {
            self.section = section(title);
        } else if title(said).is_some_and(|title| {
            self.comments.is_apart || text.starts_with("##") || heading(title) == Heading::Indicators
        }) {
            self.section = None;
        }
    }

    fn values(&mut self, content: Content, location: &Location) {
        self.release();
        let records: Vec<Record> = objects(content, location)
            .map(|object| match &self.section {
                Some((Heading::Benign, title)) => Mark::new(Reason::Benign, title).apply(object),
                Some((_, title)) => {
                    let message = format!(
                        "it is listed below `{}`, not as an indicator",
                        palisade_model::excerpt(title)
                    );
                    left_out(&object.location, message, &object.value)
                }
                None => match object.description.as_deref().and_then(comment) {
                    Some(reason) => {
                        let said = object.description.clone().unwrap_or_default();
                        Mark::new(reason, &said).apply(object)
                    }
                    None => Record::Object(object),
                },
            })
            .collect();
        if std::mem::take(&mut self.follows_sentence) {
            self.waiting = records;
        } else {
            self.found.extend(records);
        }
    }

    /// A line that gave nothing: a heading, a sentence, or a value that is damaged.
    fn without_value(&mut self, text: &str, unreadable: Unreadable) {
        if let Some(title) = title(text) {
            self.release();
            self.follows_sentence = false;
            self.section = section(title);
            match heading(title) {
                Heading::Indicators if is_plain_heading(text, title) => return,
                Heading::Indicators | Heading::Other => self.weigh(TITLE_WEIGHT),
                Heading::Benign | Heading::References => self.weigh(SENTENCE_WEIGHT),
            }
            self.found.push(Record::Unreadable(unreadable));
        } else if is_sentence(text) {
            self.weigh(SENTENCE_WEIGHT);
            let waiting = std::mem::take(&mut self.waiting);
            self.found.extend(waiting.into_iter().map(doubted));
            // `The following hosts were seen:` announces a list.
            let announces = text.ends_with(':');
            self.section = if announces { section(text) } else { self.section.take() };
            self.follows_sentence = !announces;
            self.found.push(Record::Unreadable(unreadable));
        } else {
            self.damaged(unreadable);
        }
    }

    fn damaged(&mut self, unreadable: Unreadable) {
        self.release();
        self.follows_sentence = false;
        self.found.push(Record::Unreadable(unreadable));
    }

    fn weigh(&mut self, weight: u64) {
        self.weight = self.weight.saturating_add(weight);
        self.prose_lines = self.prose_lines.saturating_add(1);
    }

    /// What waited is not part of prose.
    fn release(&mut self) {
        self.found.append(&mut self.waiting);
    }

    /// The end of the text: what waits stands behind a sentence, and nothing else follows.
    fn end(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.found.extend(waiting.into_iter().map(doubted));
    }

    fn pass_on(&mut self, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
        if self.prose_lines > 0 {
            emitter.weigh(std::mem::take(&mut self.weight), std::mem::take(&mut self.prose_lines));
        }
        self.found.drain(..).try_for_each(|record| emitter.emit(record))
    }
}

/// What a heading makes of the values below it; nothing where they are meant.
fn section(title: &str) -> Option<(Heading, String)> {
    let heading = heading(title);
    matches!(heading, Heading::Benign | Heading::References).then(|| (heading, title.to_owned()))
}

fn left_out(location: &Location, message: String, found: &str) -> Record {
    Record::LeftOut(LeftOut {
        location: location.clone(),
        platform_id: None,
        code: "not-an-indicator",
        message,
        excerpt: palisade_model::excerpt(found),
    })
}

/// A value that is part of prose.
fn doubted(record: Record) -> Record {
    match record {
        Record::Object(object) => {
            Record::Unreadable(Unreadable::new(object.location, BETWEEN_SENTENCES, &object.value))
        }
        other => other,
    }
}

/// An object for each value.
fn objects(content: Content, location: &Location) -> impl Iterator<Item = Object> {
    let Content { values, comment } = content;
    values.into_iter().map(move |(subtype, value)| {
        let mut object = Object::indicator(subtype, value, location.clone());
        object.description.clone_from(&comment);
        object
    })
}

#[cfg(test)]
mod tests;
