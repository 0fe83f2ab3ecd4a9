//! Files in ranges, with ETags; and those behind the links of tasks, which need no key: the link is the permission, until it
//! expires.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use simulator_parts::GeneratedFile;

use crate::answer::{Answer, Content};
use crate::digest;
use crate::routes::{Call, Judged};
use crate::settings::Settings;
use crate::state::Shared;

/// Where the paths of files begin.
pub(crate) const PREFIX: &str = "/response-files/";

/// The path of a task's file.
pub(crate) fn path(task: &str, link: u32) -> String {
    format!("{PREFIX}{task}/{link}")
}

/// Answers a request for a file, whole or in part.
pub(crate) fn answer(shared: &Shared, settings: &Settings, call: &Call<'_>) -> Judged {
    let parts = call.path.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/'));
    let found = parts.and_then(|(task, link)| Some((task, link.parse::<u32>().ok()?)));
    let Some((task, link)) = found.filter(|_| call.method == "GET") else {
        return Judged::refused(Answer::no_such_path(), "there is no such file");
    };
    let state = shared.state();
    let Some(archive) = state.holdings.tasks.find(task).and_then(|task| task.archive.as_ref()) else {
        return Judged::refused(Answer::no_such_path(), "there is no such file");
    };
    if !archive.is_open(link, shared.now()) {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
                    <Message>Request has expired</Message></Error>";
        let mut answer = Answer::text(StatusCode::FORBIDDEN, body);
        answer.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        return Judged::refused(answer, "the link has expired");
    }
    let file = archive.file.clone();
    let tag = digest::uuid(task, file.size());
    deliver(settings, call, "application/octet-stream", &tag, File::Generated(file))
}

/// A file that can be read in ranges.
pub(crate) enum File {
    /// Its bytes are at hand.
    Bytes(Bytes),
    /// Its bytes are computed while they are sent.
    Generated(GeneratedFile),
}

impl File {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Generated(file) => file.size(),
        }
    }

    fn part(self, offset: u64, length: u64) -> Content {
        match self {
            Self::Generated(file) => Content::Generated { file, offset, length },
            Self::Bytes(bytes) => {
                // Both are within the bytes, which are in memory.
                let begin = usize::try_from(offset).unwrap_or_default().min(bytes.len());
                let end = begin.saturating_add(usize::try_from(length).unwrap_or_default()).min(bytes.len());
                Content::Bytes(bytes.slice(begin..end))
            }
        }
    }
}

/// Answers with a file, or with the range of it that a request asks for.
pub(crate) fn deliver(
    settings: &Settings,
    call: &Call<'_>,
    content_type: &'static str,
    tag: &str,
    file: File,
) -> Judged {
    let (size, tag) = (file.size(), format!("\"{tag}\""));
    let mut answer = Answer::file(content_type, "").with_header("etag", tag.as_str());
    if settings.tasks.ranges {
        answer = answer.with_header("accept-ranges", HeaderValue::from_static("bytes"));
    }
    let range = call
        .header("range")
        .filter(|_| settings.tasks.ranges && call.header("if-range").is_none_or(|wanted| wanted == tag))
        .map(|range| range_of(range, size));
    let (offset, length) = match range {
        None | Some(Range::Whole) => (0, size),
        Some(Range::Part { first, last }) => {
            answer.status = StatusCode::PARTIAL_CONTENT;
            answer = answer.with_header("content-range", format!("bytes {first}-{last}/{size}"));
            (first, last - first + 1)
        }
        Some(Range::Outside) => {
            answer.status = StatusCode::RANGE_NOT_SATISFIABLE;
            let answer = answer.with_header("content-range", format!("bytes */{size}"));
            return Judged::refused(answer, "the range is outside of the file");
        }
    };
    answer.content = file.part(offset, length);
    answer.into()
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// It is not understood, and then the whole is sent (RFC 9110, section 14.2).
    Whole,
    Part {
        first: u64,
        last: u64,
    },
    Outside,
}

/// Reads a range of bytes; several at once are answered with the whole.
fn range_of(header: &str, size: u64) -> Range {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::Whole;
    };
    let end = size.saturating_sub(1);
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => (first, end),
        (Err(_), Ok(0)) if first.is_empty() => return Range::Outside,
        (Err(_), Ok(last)) if first.is_empty() => (size.saturating_sub(last), end),
        _ => return Range::Whole,
    };
    if first < size { Range::Part { first, last } } else { Range::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_http() {
        for (header, expected) in [
            ("bytes=0-0", Range::Part { first: 0, last: 0 }),
            ("bytes=5-", Range::Part { first: 5, last: 9 }),
            ("bytes=5-99", Range::Part { first: 5, last: 9 }),
            ("bytes=-3", Range::Part { first: 7, last: 9 }),
            ("bytes=-30", Range::Part { first: 0, last: 9 }),
            ("bytes=10-", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=3-2", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("lines=0-1", Range::Whole),
        ] {
            assert_eq!(range_of(header, 10), expected, "{header}");
        }
    }
}
