//! Refused log-ins and tokens, as the audit log has them: the first of a kind, a subject and an address at once, those that follow
//! within a minute as one line with their number. Denied by default: more lines than that, however many somebody sends; a name
//! that nobody has, because it may be a password that was typed into the wrong field.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use palisade_limits as limits;
use palisade_store::{NewAuditEntry, UserId, Wait as _};
use serde_json::json;

use crate::{App, Failure, client};

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Refused {
    /// A name with a wrong password.
    LogIn,
    /// A log-in that has to wait because others failed before it.
    DelayedLogIn,
    /// A token that is not valid.
    Token,
}

impl Refused {
    fn name(self) -> &'static str {
        match self {
            Self::LogIn => "log-in.failed",
            Self::DelayedLogIn => "log-in.delayed",
            Self::Token => "token.refused",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    what: Refused,
    subject: String,
    user: Option<UserId>,
    address: Option<IpAddr>,
}

struct Counted {
    since: Instant,
    more: u64,
}

/// One line for the audit log.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    key: Key,
    /// How many it stands for.
    count: u64,
}

/// What is counted at the moment.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<Key, Counted>>);

impl Refusals {
    /// The lines to write now, and whether somebody has to come back for those that follow.
    fn note(&self, key: Key, now: Instant) -> (Vec<Line>, bool) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = over(&mut counted, now);
        let key = if counted.contains_key(&key) || (counted.len() as u64) < limits::AUDIT_REFUSALS {
            key
        } else {
            // Too many to be told apart.
            Key { subject: "several".to_owned(), user: None, address: None, ..key }
        };
        match counted.get_mut(&key) {
            Some(counted) => {
                counted.more += 1;
                (lines, false)
            }
            None => {
                counted.insert(key.clone(), Counted { since: now, more: 0 });
                lines.push(Line { key, count: 1 });
                (lines, true)
            }
        }
    }

    /// The lines whose minute is over.
    fn due(&self, now: Instant) -> Vec<Line> {
        over(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// Everything that was counted so far.
    fn all(&self) -> Vec<Line> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = counted.iter_mut().filter(|(_, counted)| counted.more > 0);
        taken
            .map(|(key, counted)| Line { key: key.clone(), count: std::mem::take(&mut counted.more) })
            .collect()
    }
}

fn window() -> Duration {
    Duration::from_secs(limits::AUDIT_REFUSALS_SECONDS)
}

fn over(counted: &mut HashMap<Key, Counted>, now: Instant) -> Vec<Line> {
    let gone = counted.extract_if(|_, counted| now.saturating_duration_since(counted.since) >= window());
    let lines = gone.filter(|(_, counted)| counted.more > 0);
    lines.map(|(key, counted)| Line { key, count: counted.more }).collect()
}

/// Notes a refusal for the audit log. The subject is a name that somebody has with their number, or a phrase.
pub(crate) async fn note(
    app: &App,
    what: Refused,
    (subject, user): (&str, Option<UserId>),
) -> Result<(), Failure> {
    let key = Key { what, subject: subject.to_owned(), user, address: client::current() };
    let (lines, first) = app.refusals().note(key, Instant::now());
    if first {
        let app = app.clone();
        tokio::spawn(async move {
            tokio::time::sleep(window()).await;
            let lines = app.refusals().due(Instant::now());
            if let Err(failure) = write(&app, lines).await {
                tracing::error!(cause = failure.cause(), "refusals are missing in the audit log: {failure}");
            }
        });
    }
    write(app, lines).await
}

/// Writes what is counted so far: somebody is about to read the log, or the service ends.
pub(crate) async fn write_all(app: &App) -> Result<(), Failure> {
    write(app, app.refusals().all()).await
}

/// Waits until the service stops, and writes what is counted then.
///
/// # Errors
/// If the state cannot be written.
pub async fn write_at_the_end(app: App) -> Result<(), Failure> {
    app.stopping().await;
    write_all(&app).await
}

async fn write(app: &App, lines: Vec<Line>) -> Result<(), Failure> {
    if lines.is_empty() {
        return Ok(());
    }
    let now = app.now();
    app.store(move |store| {
        for Line { key, count } in lines {
            let entry = NewAuditEntry {
                who: "nobody".to_owned(),
                what: key.what.name().to_string(),
                subject: key.subject,
                before: None,
                after: (count > 1).then(|| json!({ "count": count })),
                address: key.address,
                user: None,
                subject_user: key.user,
            };
            store.audit(&entry, now).wait()?;
        }
        Ok::<_, Failure>(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(subject: &str, last: u8) -> Key {
        let address = Some(IpAddr::from([192, 0, 2, last]));
        Key { what: Refused::LogIn, subject: subject.to_owned(), user: None, address }
    }

    #[test]
    fn the_first_refusal_is_a_line_and_those_of_its_minute_are_one_more() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.note(key("ada", 1), now), (vec![Line { key: key("ada", 1), count: 1 }], true));
        for _ in 0..10_000 {
            assert_eq!(refusals.note(key("ada", 1), now), (Vec::new(), false));
        }
        assert!(refusals.due(now).is_empty());
        assert_eq!(refusals.due(now + window()), [Line { key: key("ada", 1), count: 10_000 }]);
        assert!(refusals.note(key("ada", 1), now + window()).1);
    }

    #[test]
    fn a_flood_from_everywhere_makes_a_bounded_number_of_lines() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let mut lines = 0;
        for round in 0..100_000_u32 {
            let address = Some(IpAddr::from(round.to_be_bytes()));
            lines += refusals.note(Key { address, ..key("ada", 1) }, now).0.len();
        }
        assert_eq!(lines as u64, limits::AUDIT_REFUSALS + 1);
        let rest = refusals.due(now + window());
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].count, 100_000 - limits::AUDIT_REFUSALS - 1);
        assert_eq!((rest[0].key.subject.as_str(), rest[0].key.address), ("several", None));
    }

    #[test]
    fn whoever_reads_the_log_reads_what_was_counted_so_far() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        refusals.note(key("ada", 1), now);
        refusals.note(key("ada", 1), now);
        assert_eq!(refusals.all(), [Line { key: key("ada", 1), count: 1 }]);
        assert!(refusals.all().is_empty());
        assert!(refusals.due(now + window()).is_empty());
    }
}
