//! A collection from its first page to its last: every object is handed over once, and whatever is missing at the end is
//! told.

use std::collections::HashSet;
use std::io;

use bytes::Bytes;
use palisade_collection::{ReadError, Source};
use palisade_egress::{Client, Traffic};
use palisade_limits as limits;
use palisade_model::{Format, Location, Record, Summary};
use tokio::time::Instant;

use crate::answer::Unexpected;
use crate::appliance::Appliance;
use crate::log::RequestLog;
use crate::paging::{Next, Paging, Stuck};
use crate::{Connection, ThreatQError};

/// What reading a live collection came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What was handed over. `total_announced` is what the last page said, and `name` the collection's address in short.
    pub summary: Summary,
    /// Pages read.
    pub pages: u64,
    /// How many objects the collection held when its last page was read, where the appliance says so.
    pub total: Option<u64>,
    /// Objects that came again because the collection changed meanwhile, and were not handed over again.
    pub repeated: u64,
    /// Tokens that were asked for.
    pub log_ins: u64,
    /// What went over the wire, log-ins and repeats included.
    pub traffic: Traffic,
}

impl Fetched {
    /// What is to be known about it: objects that were announced and did not come, and fields that were not used. One sentence
    /// for each, lower case, without a full stop.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let Summary { name, total_announced, .. } = &self.summary;
        let missing = self.summary.missing();
        let mut warnings = Vec::new();
        if let Some(total) = total_announced.filter(|_| missing > 0) {
            warnings.push(format!(
                "{name}: the appliance announces {total} objects, and {missing} of them did not come on {} pages",
                self.pages
            ));
        }
        // Without the announcement, which means something else for a file.
        let fields = Summary { total_announced: None, ..self.summary.clone() };
        warnings.extend(palisade_model::warnings(&[fields]));
        warnings
    }
}

/// Reads a collection and hands each of its records to `sink` as its page arrives.
///
/// # Errors
/// [`ThreatQError`], by `deadline` at the latest. What was handed over before stays valid, and is not all.
pub async fn fetch(
    connection: &Connection,
    client: Client,
    deadline: Instant,
    sink: &mut (dyn FnMut(Record) + Send),
) -> Result<Fetched, ThreatQError> {
    fetch_logged(connection, client, deadline, &RequestLog::default(), sink).await
}

/// The same, and adds each request to a log, also if the collection cannot be read.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_logged(
    connection: &Connection,
    client: Client,
    deadline: Instant,
    log: &RequestLog,
    sink: &mut (dyn FnMut(Record) + Send),
) -> Result<Fetched, ThreatQError> {
    let mut appliance = Appliance::new(connection, client, deadline, log.clone());
    let mut paging = Paging::new();
    let mut books = Books::new(connection);
    loop {
        let body = match appliance.page(&paging).await {
            Err(ThreatQError::PageTooLarge { .. }) if paging.shrink() => continue,
            Err(ThreatQError::Deadline { .. }) => {
                let (pages, objects) = (paging.pages(), books.summary.seen());
                return Err(ThreatQError::Deadline { pages, objects });
            }
            result => result?,
        };
        let page = appliance.envelope(&body)?;
        let next = paging.advance(&page).map_err(|stuck| match stuck {
            Stuck::NoMark(unexpected) => appliance.not_a_page(unexpected),
            Stuck::TooMany => ThreatQError::CollectionTooLarge {
                collection: connection.collection.clone(),
                total: page.total,
                pages: paging.pages(),
                limit: limits::THREATQ_PAGES,
            },
        })?;
        tracing::debug!(
            collection = %connection.collection, page = paging.pages(), objects = page.objects, total = page.total,
            "page of a live collection"
        );
        let (summary, records) = read(books.summary.name.clone(), body).await.map_err(|error| {
            appliance.not_a_page(Unexpected { expected: "objects of ThreatQ", found: error.to_string() })
        })?;
        books.total(page.total);
        books.noted(summary);
        records.into_iter().for_each(|record| books.hand_over(record, paging.pages(), sink));
        if next == Next::End {
            break;
        }
    }
    let Books { summary, repeated, .. } = books;
    Ok(Fetched {
        pages: paging.pages(),
        total: summary.total_announced,
        repeated,
        log_ins: appliance.log_ins(),
        traffic: appliance.traffic(),
        summary,
    })
}

/// Tries a connection: a log-in and one page with one object. How many objects the collection holds.
///
/// # Errors
/// [`ThreatQError`], by `deadline` at the latest.
pub async fn check(connection: &Connection, client: Client, deadline: Instant) -> Result<u64, ThreatQError> {
    let mut appliance = Appliance::new(connection, client, deadline, RequestLog::default());
    let body = appliance.page(&Paging::with(1)).await?;
    let page = appliance.envelope(&body)?;
    page.total.ok_or_else(|| {
        let found = "a page without one".to_owned();
        appliance.not_a_page(Unexpected { expected: "how many objects there are as `total`", found })
    })
}

/// Reads the objects of a page, on a thread where that holds up nobody.
async fn read(name: String, body: Bytes) -> Result<(Summary, Vec<Record>), ReadError> {
    let reading = {
        let name = name.clone();
        move || {
            let mut records = Vec::new();
            let source = Source::reader(name, io::Cursor::new(body));
            palisade_collection::read(source, Some(Format::ThreatQ), &mut |record| records.push(record))
                .map(|summary| (summary, records))
        }
    };
    let read = tokio::task::spawn_blocking(reading).await;
    read.map_err(|cause| ReadError::Io { name, cause: io::Error::other(cause) })?
}

/// What was handed over so far.
struct Books {
    summary: Summary,
    identifiers: HashSet<String>,
    repeated: u64,
}

impl Books {
    fn new(connection: &Connection) -> Self {
        let name = format!("{}, collection {}", connection.origin, connection.collection);
        let summary = Summary::new(name, Format::ThreatQ);
        Self { summary, identifiers: HashSet::new(), repeated: 0 }
    }

    /// The latest word counts: what was taken out of the collection meanwhile is not missing.
    fn total(&mut self, total: Option<u64>) {
        self.summary.total_announced = total.or(self.summary.total_announced);
    }

    /// Adds what is to be known about a page beyond its counts.
    fn noted(&mut self, page: Summary) {
        let summary = &mut self.summary;
        for (field, count) in page.ignored {
            *summary.ignored.entry(field).or_default() += count;
        }
        summary.stripped += page.stripped;
        summary.unlisted += page.unlisted;
        summary.unlisted_suffixes.extend(page.unlisted_suffixes);
        summary.unreadable_not_listed += page.unreadable_not_listed;
    }

    /// Hands a record over, unless it is an object that was handed over before.
    fn hand_over(&mut self, mut record: Record, page: u64, sink: &mut (dyn FnMut(Record) + Send)) {
        let counter = match &mut record {
            Record::Object(object) => {
                if let Some(identifier) = &object.platform_id
                    && !self.identifiers.insert(identifier.clone())
                {
                    self.repeated += 1;
                    return;
                }
                object.location = on_page(page, &object.location);
                &mut self.summary.objects
            }
            Record::Unreadable(unreadable) => {
                unreadable.location = on_page(page, &unreadable.location);
                &mut self.summary.unreadable
            }
            Record::LeftOut(left_out) => {
                left_out.location = on_page(page, &left_out.location);
                &mut self.summary.left_out
            }
        };
        *counter += 1;
        sink(record);
    }
}

/// A place within all pages, each of which counts its own objects.
fn on_page(page: u64, location: &Location) -> Location {
    Location::Path(format!("page {page}, {location}"))
}
