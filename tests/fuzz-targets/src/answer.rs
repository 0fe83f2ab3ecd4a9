//! The 207 reader of the plugin: no object counts as accepted unless its own entry says so, and every object of the request
//! gets one answer or the batch fails as a whole.
//!
//! Input: a line `STATUS OBJECTS`, then the body of the answer.

use palisade_vision_one::answer::{Meaning, Reading, read};
use palisade_vision_one::contract::Problem;
use palisade_vision_one::ledger::Decision;
use serde_json::Value;

use crate::words::{check_code, check_message};

/// Longest message: two quoted texts and a sentence around them. A report has thousands of messages.
const MESSAGE_BYTES: usize = 1_000;

pub(crate) fn check(bytes: &[u8]) -> bool {
    let Some((status, expected, body)) = input(bytes) else { return false };
    let reading = read(status, body, expected, "block list");
    match &reading {
        Reading::Items(items) => {
            assert!(matches!(status, 200 | 201 | 207), "status {status} says nothing about single objects");
            assert_eq!(items.len(), expected, "every object has one answer");
            for item in items {
                match &item.meaning {
                    Meaning::Decided(Decision::Accepted) => {
                        assert!(matches!(item.status, 200 | 201), "accepted with status {}", item.status);
                    }
                    Meaning::Decided(Decision::Rejected(problem) | Decision::Failed(problem))
                    | Meaning::Again(problem) => {
                        assert!(!matches!(item.status, 200 | 201), "refused with status {}", item.status);
                        check_problem(problem);
                    }
                    Meaning::Decided(decision) => panic!("no answer says {decision:?}"),
                }
            }
        }
        Reading::Refused(stop) => {
            assert!(matches!(status, 401 | 403 | 407));
            check_problem(&stop.problem);
            check_message(&stop.hint);
        }
        Reading::TooLargeOnTheWay(stop) => {
            assert_eq!(status, 413);
            check_problem(&stop.problem);
            check_message(&stop.hint);
        }
        Reading::TooLarge(problem) => {
            assert_eq!(status, 413);
            check_problem(problem);
        }
        Reading::BadRequest(problem) | Reading::OverMaximum(problem) => {
            assert_eq!(status, 400);
            check_problem(problem);
        }
        Reading::Failed(problem) => check_problem(problem),
    }
    assert_same_as_plain_json(&reading, status, body, expected);
    matches!(reading, Reading::Items(_))
}

/// Reads the same by a way that knows nothing of the service's types: an array of as many entries as objects is understood,
/// and accepted is exactly what has a whole number 200 or 201 as its `status`.
fn assert_same_as_plain_json(reading: &Reading, status: u16, body: &[u8], expected: usize) {
    let Ok(entries) = serde_json::from_slice::<Vec<Value>>(body) else { return };
    if !matches!(status, 200 | 201 | 207) || entries.len() != expected {
        assert!(!matches!(reading, Reading::Items(_)));
        return;
    }
    let Reading::Items(items) = reading else { panic!("not understood: {reading:?}") };
    for (item, entry) in items.iter().zip(&entries) {
        let says_accepted = matches!(entry.get("status").and_then(Value::as_u64), Some(200 | 201));
        let is_accepted = item.meaning == Meaning::Decided(Decision::Accepted);
        assert!(says_accepted || !is_accepted, "{entry}");
        // A plain parser takes the last of two fields with one name; the plugin takes neither.
        let unreadable = format!("{:?}", item.meaning).contains("answer-unreadable");
        assert!(is_accepted || !says_accepted || unreadable, "{entry}");
    }
}

fn check_problem(problem: &Problem) {
    check_code(problem.code);
    check_message(&problem.message);
    assert!(problem.message.len() <= MESSAGE_BYTES, "{} bytes of message", problem.message.len());
}

fn input(bytes: &[u8]) -> Option<(u16, usize, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    let (status, expected) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    Some((status.parse().ok()?, expected.parse().ok()?, &rest[1..]))
}
