//! The requests of a run as lines of a table: what each was for, and what came of it. A recording was redacted when it was made;
//! what it does not have is left out.

use jiff::Timestamp;

use super::shown::duration;
use crate::purposes::purposes;
use crate::recordings::{Entry, Recorded};
use crate::view::{Badge, Tone};

/// Characters of a body that a page shows; the download has all of it.
const EXCERPT: usize = 4_000;

/// One request, as it was answered.
pub(super) struct Request {
    /// What it was for; empty if that is not known.
    pub(super) purpose: String,
    pub(super) at: Option<Timestamp>,
    /// The step, from 1 on; 0 for the choice of the objects.
    pub(super) step: u32,
    /// Whether it is the first one of a later activation of the same step.
    pub(super) continued: bool,
    pub(super) method: String,
    pub(super) host: String,
    pub(super) path: String,
    /// The headers that belong to the question.
    pub(super) headers: String,
    pub(super) status: Badge,
    pub(super) time: String,
    pub(super) attempt: u64,
    pub(super) sent: Option<String>,
    pub(super) received: Option<String>,
}

/// How many there are, and some of them.
pub(super) fn requests(all: &[Recorded], skip: u64, take: u64) -> (u64, Vec<Request>) {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let take = usize::try_from(take).unwrap_or(usize::MAX);
    let before = std::iter::once(None).chain(all.iter().map(Some));
    let lines = all.iter().zip(before).zip(purposes(all)).skip(skip).take(take);
    let line = |((one, before), purpose): ((&Recorded, Option<&Recorded>), String)| {
        let continued = before.is_some_and(|before| before.step == one.step && before.epoch != one.epoch);
        request(one, continued, purpose)
    };
    (all.len() as u64, lines.map(line).collect())
}

fn request(one: &Recorded, continued: bool, purpose: String) -> Request {
    let entry = &one.entry;
    let (host, path) = entry.target();
    Request {
        purpose,
        at: entry.started.parse().ok(),
        step: one.step,
        continued,
        method: entry.request.method.clone(),
        host: host.to_owned(),
        path: path.to_owned(),
        headers: entry.own_headers(),
        status: status(entry),
        time: duration(entry.time as i128),
        attempt: entry.attempt(),
        sent: excerpt(entry.sent()),
        received: excerpt(entry.received()),
    }
}

fn status(entry: &Entry) -> Badge {
    match entry.response.status {
        0 => {
            let code = entry.error.as_ref().map(|error| error.code.as_str()).filter(|code| !code.is_empty());
            Badge::new(Tone::Bad, code.unwrap_or("no response"))
        }
        status @ 200..400 => Badge::new(Tone::Good, status.to_string()),
        status @ (429 | 500..) => Badge::new(Tone::Bad, status.to_string()),
        status => Badge::new(Tone::Warning, status.to_string()),
    }
}

fn excerpt(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut shown: String = text.chars().take(EXCERPT).collect();
    if shown.len() < text.len() {
        shown.push_str("\n… the recording has the rest");
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn recorded(step: u32, epoch: i64, entry: Value) -> Recorded {
        Recorded { step, epoch, entry: serde_json::from_value(entry).unwrap() }
    }

    #[test]
    fn a_request_is_shown_as_it_was_answered() {
        let entry = json!({
            "startedDateTime": "2026-11-22T16:34:02.937Z",
            "time": 1_204.4,
            "_attempt": 2,
            "comment": "Adds objects to the list.",
            "request": { "method": "POST", "url": "https://api.example/v3.0/list?top=200", "postData": { "text": "[1]" } },
            "response": { "status": 429, "content": { "text": "slow down" } },
        });
        let (total, shown) = requests(&[recorded(1, 2, entry)], 0, 50);
        let [request] = &shown[..] else { panic!("one request") };
        assert_eq!(
            (total, request.host.as_str(), request.path.as_str()),
            (1, "api.example", "/v3.0/list?top=200")
        );
        assert_eq!((request.time.as_str(), request.attempt, request.step), ("1 s", 2, 1));
        assert_eq!(request.purpose, "Adds objects to the list: 1 entry");
        assert_eq!(request.status, Badge::new(Tone::Bad, "429"));
        assert_eq!(request.received.as_deref(), Some("slow down"));
    }

    #[test]
    fn what_had_no_answer_says_why() {
        let entry = json!({ "request": { "method": "GET", "url": "https://a.example" }, "_error": { "code": "timeout" } });
        let (_, shown) = requests(&[recorded(1, 1, entry)], 0, 1);
        assert_eq!(shown[0].status.text, "timeout");
        assert_eq!(requests(&[], 0, 1).0, 0);
    }

    #[test]
    fn a_request_of_a_later_activation_is_told_apart() {
        let places = [(0, 1), (1, 2), (1, 2), (1, 3), (1, 3), (2, 4)];
        let all: Vec<Recorded> =
            places.iter().map(|(step, epoch)| recorded(*step, *epoch, json!({}))).collect();
        let continued: Vec<bool> = requests(&all, 0, 9).1.iter().map(|line| line.continued).collect();
        assert_eq!(continued, [false, false, false, true, false, false]);
        assert!(requests(&all, 3, 1).1[0].continued, "on whichever page it is");
    }
}
