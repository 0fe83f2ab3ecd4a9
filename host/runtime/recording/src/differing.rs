//! In what a run and its recording differ, as a sentence that names the place.

mod show;

use palisade_model::Setting;
use serde_json::Value;

use crate::MATCHED_HEADERS;
use crate::exchange::{Asked, Compared};

/// A request that was not recorded, or one that was recorded and not asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Difference {
    /// Method of the request.
    pub method: String,
    /// URL of the request, cut where it is long.
    pub url: String,
    /// The file.
    pub recording: String,
    /// Attempts that are not in the file, because it would have become too large.
    pub dropped: u64,
    /// What differs.
    pub how: Box<How>,
}

/// In what a request differs from the nearest recorded one that was not yet asked for. `entry` is its index in
/// `log.entries`. Values are cut, around the place where they begin to differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Nothing is left that it could differ from.
    NothingLeft {
        /// Requests that were recorded.
        recorded: usize,
    },
    /// Exactly this request was recorded, and every one of them has been used.
    AskedAgain {
        /// How often it was recorded.
        recorded: usize,
    },
    /// The URL.
    Url {
        /// Nearest entry.
        entry: usize,
        /// Asked for.
        asked: String,
        /// Recorded.
        recorded: String,
    },
    /// The method; the URL is the same.
    Method {
        /// Nearest entry.
        entry: usize,
        /// Recorded.
        recorded: String,
    },
    /// A header that is compared; method and URL are the same.
    Header {
        /// Nearest entry.
        entry: usize,
        /// Name of the header.
        name: &'static str,
        /// Asked for; none where the header is missing.
        asked: Option<String>,
        /// Recorded.
        recorded: Option<String>,
    },
    /// A value of a JSON body; all else is the same.
    Json {
        /// Nearest entry.
        entry: usize,
        /// JSON pointer (RFC 6901) of the first value that differs.
        pointer: String,
        /// Asked for, as JSON; none where there is no such value.
        asked: Option<String>,
        /// Recorded.
        recorded: Option<String>,
    },
    /// A body of another kind; all else is the same.
    Body {
        /// Nearest entry.
        entry: usize,
        /// Offset of the first byte that differs.
        offset: usize,
        /// Asked for, from a little before that byte on; none where the body ends there.
        asked: Option<String>,
        /// Recorded.
        recorded: Option<String>,
    },
    /// The request was recorded, and the body of its answer was not.
    AnswerOmitted {
        /// The entry.
        entry: usize,
        /// Why.
        reason: String,
    },
    /// The request was recorded, and the run did not ask for it.
    NotAsked {
        /// The entry.
        entry: usize,
    },
}

impl Difference {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match *self.how {
            How::NotAsked { .. } => "not-asked",
            How::AnswerOmitted { .. } => "answer-not-recorded",
            _ => "not-recorded",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        if self.dropped > 0 {
            let dropped = self.dropped;
            return Some(format!(
                "the recording is not whole: {dropped} requests did not fit into it; record fewer objects in one run"
            ));
        }
        let record = Setting::Record.with("FILE");
        let dry_run = Setting::DryRun;
        Some(match *self.how {
            How::AnswerOmitted { .. } => {
                format!(
                    "for the bundle's author: leave `accept-encoding` out, and record again with {record}"
                )
            }
            How::NotAsked { .. } => format!(
                "bundle, configuration, collection or {dry_run} differ from when it was recorded, or the run ended early"
            ),
            _ => format!(
                "bundle, configuration, collection or {dry_run} differ from when it was recorded; if the request is intended, \
                 record again with {record}"
            ),
        })
    }

    fn sentence(&self) -> String {
        let Self { method, url, recording, how, .. } = self;
        let text = |text: &Option<String>| {
            text.as_ref().map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"))
        };
        let nearest = |entry: &usize| format!("the nearest one there, `log.entries[{entry}]`,");
        let found = match &**how {
            How::NothingLeft { recorded: 0 } => "nothing was".to_owned(),
            How::NothingLeft { recorded } => format!("all {recorded} requests there have been used"),
            How::AskedAgain { recorded } => {
                format!("it is there {recorded} times, and was asked for once more")
            }
            How::Url { entry, asked, recorded } => {
                format!("{} has another URL: asked `{asked}`, recorded `{recorded}`", nearest(entry))
            }
            How::Method { entry, recorded } => {
                format!("{} has another method: asked `{method}`, recorded `{recorded}`", nearest(entry))
            }
            How::Header { entry, name, asked, recorded } => format!(
                "{} differs in the header `{name}`: asked {}, recorded {}",
                nearest(entry),
                text(asked),
                text(recorded)
            ),
            How::Json { entry, pointer, asked, recorded } => {
                let place =
                    if pointer.is_empty() { "as a whole".to_owned() } else { format!("at `{pointer}`") };
                let (asked, recorded) = (text(asked), text(recorded));
                let nearest = nearest(entry);
                format!("{nearest} differs in its body {place}: asked {asked}, recorded {recorded}")
            }
            How::Body { entry, offset, asked, recorded } => format!(
                "{} differs in its body at byte {offset}: asked {}, recorded {}",
                nearest(entry),
                text(asked),
                text(recorded)
            ),
            How::AnswerOmitted { entry, reason } => {
                return format!(
                    "the answer to `{method} {url}` is not in `{recording}`, `log.entries[{entry}]`: it was {reason}"
                );
            }
            How::NotAsked { entry } => {
                return format!(
                    "the request `{method} {url}` was recorded in `{recording}`, `log.entries[{entry}]`, and the run did \
                     not ask for it"
                );
            }
        };
        format!("the request `{method} {url}` was not recorded in `{recording}`: {found}")
    }
}

/// In what two requests differ that are not the same.
pub(crate) fn how(asked: &Asked, recorded: &Asked, entry: usize) -> How {
    if asked.url != recorded.url {
        let (asked, recorded) = show::both(asked.url.as_bytes(), recorded.url.as_bytes());
        return How::Url { entry, asked, recorded };
    }
    if asked.method != recorded.method {
        return How::Method { entry, recorded: recorded.method.to_string() };
    }
    let headers = MATCHED_HEADERS.iter().zip(asked.headers.iter().zip(&recorded.headers));
    for (name, (asked, recorded)) in headers {
        if asked != recorded {
            let (asked, recorded) = show::either(asked.as_deref(), recorded.as_deref());
            return How::Header { entry, name, asked, recorded };
        }
    }
    if let (Compared::Json(asked), Compared::Json(recorded)) = (&asked.body, &recorded.body)
        && let (Ok(asked), Ok(recorded)) =
            (serde_json::from_slice::<Value>(asked), serde_json::from_slice::<Value>(recorded))
        && let Some((pointer, asked, recorded)) = show::first_difference(&asked, &recorded)
    {
        let (asked, recorded) = (asked.map(Value::to_string), recorded.map(Value::to_string));
        let (asked, recorded) = show::either(asked.as_deref(), recorded.as_deref());
        return How::Json { entry, pointer, asked, recorded };
    }
    let (offset, asked, recorded) = show::bodies(asked.body.bytes(), recorded.body.bytes());
    How::Body { entry, offset, asked, recorded }
}

/// Method and URL as a difference names them.
pub(crate) fn named(request: &Asked) -> (String, String) {
    (request.method.to_string(), show::cut(request.url.as_bytes(), 0))
}
