//! Every number that bounds something in this component, with its reason and its source.
//!
//! A number that the service sets is never exceeded: what would go past it is cut, split, rejected or skipped as the
//! constant says.

use std::time::Duration;

/// Objects in one request to the block list. Trend publishes no number; clients in production send 1,000, and a request
/// with more is answered with `The number of objects exceeds the maximum limit`.
pub const BLOCK_LIST_BATCH_OBJECTS: usize = 1_000;

/// Objects in one request to the exception list, whose cap is smaller; clients in production send 100.
pub const EXCEPTION_LIST_BATCH_OBJECTS: usize = 100;

/// Bytes of one request body. Vision One answers 413 above 1 MB (API request limits); the rest is room for what is
/// between here and there.
pub const BATCH_BYTES: usize = 900_000;

/// New submissions of one run to the block list. The service holds 10,000 objects of a type and silently removes those
/// nearest to their expiry to make room for more; the bundle's guide promises not to export more than this.
pub const BLOCK_LIST_SUBMISSIONS: usize = 10_000;

/// Objects of one type that the block list holds (API: 10,000 of each type for what clients add; help pages say the same).
/// One more, and the service removes the one nearest to its expiry.
pub const BLOCK_LIST_CAPACITY: usize = 10_000;

/// Room on the block list below which a run that must spare what others have there looks again before each batch: what one
/// batch of another writer takes.
pub const WATCHED_ROOM: usize = BLOCK_LIST_BATCH_OBJECTS;

/// New entries that such a batch may have if half of the room that is left is less, and nobody else has added entries: smaller
/// batches would cost a look at the list each.
pub const WATCHED_BATCH_OBJECTS: usize = 100;

/// The same room before the first batch. Reading the whole list takes up to 50 requests, one after the other. In this time, another
/// writer sends several batches.
pub const FIRST_WATCHED_ROOM: usize = 4 * BLOCK_LIST_BATCH_OBJECTS;

/// Rest after such a batch before the list is looked at again: longer than another writer takes from its look to its batch.
pub const WATCHED_REST: Duration = Duration::from_secs(1);

/// Objects of all types together that the exception list holds (console help: 5,000; the API names no number).
pub const EXCEPTION_LIST_CAPACITY: usize = 5_000;

/// Days after which an object expires that is sent without a time, where the tenant has not set another (API: 30 is the
/// factory setting of `daysToExpiration`).
pub const FACTORY_DAYS_TO_EXPIRATION: i16 = 30;

/// An expiry further ahead than ten years is the service's way of writing *never*: the API sets at most 365 days.
pub const NEVER_AFTER_DAYS: i64 = 3_650;

/// Objects in one page of a list: the largest that the API documents (`top`: 50, 100 or 200).
pub const LIST_PAGE_OBJECTS: usize = 200;

/// Pages of one type of one list. The service holds 10,000 objects of clients and 25,000 of its sandbox: 175 pages of
/// 200; one that gives only 100 at a time needs 350. More pages than this do not end.
pub const LIST_PAGES: usize = 400;

/// Bytes of the address of a next page after its `?`. Servers refuse a request's head of more than 8 to 16 KiB.
pub const PAGE_QUERY_BYTES: usize = 8 * 1024;

/// Values of each type that a message about evictions names; the whole list goes to the host.
pub const EVICTIONS_NAMED: usize = 3;

/// Characters of a URL, scheme included (API: `url`, at most 2048).
pub const URL_CHARACTERS: usize = 2_048;

/// Characters of a domain as A-labels (API: `domain`, at most 253; RFC 1035 gives the same).
pub const DOMAIN_CHARACTERS: usize = 253;

/// Characters of one label of a domain (RFC 1035, 2.3.4).
pub const DOMAIN_LABEL_CHARACTERS: usize = 63;

/// Characters of a mail address (API: `senderMailAddress`, at most 320).
pub const MAIL_ADDRESS_CHARACTERS: usize = 320;

/// Hexadecimal digits of a SHA-1 (API: `fileSha1`, exactly 40).
pub const SHA1_DIGITS: usize = 40;

/// Hexadecimal digits of a SHA-256 (API: `fileSha256`, exactly 64).
pub const SHA256_DIGITS: usize = 64;

/// Characters of a description (API: `description`, at most 1000); longer ones are cut.
pub const DESCRIPTION_CHARACTERS: usize = 1_000;

/// Bytes of a value, or of a text of the service, that a message quotes. Enough to recognise it; a report with 10,000
/// messages stays readable.
pub const QUOTED_BYTES: usize = 120;

/// Bytes of an answer that is an HTML page in which its title is looked for: error pages of proxies name it at the beginning.
pub const PAGE_HEAD_BYTES: usize = 4_096;

/// Requests of one object each that a proxy or a gateway may refuse as too large, one after the other, before the run stops: by
/// then the fault is not with single objects.
pub const REFUSED_ON_THE_WAY: u32 = 3;

/// Times that one object is sent when the service answers 429 or 5xx for this object alone. With the waits below the
/// last one goes out 7.5 s after the first; what lasts longer is for the next run.
pub const ITEM_ATTEMPTS: u32 = 5;

/// Wait before the first repeat of an object; doubles each time. Answers about single objects carry no `Retry-After`.
pub const ITEM_FIRST_WAIT: Duration = Duration::from_millis(500);

/// What must be left of the run for a repeat to be worth waiting for: one exchange with the service.
pub const RUN_RESERVE: Duration = Duration::from_secs(2);

/// Wait for the answers that are under way when the service refuses the credential: what they report was stored and is
/// to be counted. The host's own limit for the head of an answer is 70 s; a refused run must not take that long.
pub const DRAIN_WAIT: Duration = Duration::from_secs(30);

/// Requests of one run that may be spent on finding the culprits of refused batches. One culprit among 1,000 costs
/// about 20; beyond some 100 culprits the fault is not with single objects, and the host allows 5,000 requests.
pub const ISOLATION_REQUESTS: u32 = 2_000;

/// Submissions without a decision at which no further page is read, so that a service that throttles every object
/// cannot make the component hold a whole collection.
pub const UNDECIDED_SUBMISSIONS: usize = 20_000;

/// Outcomes in one report to the host; the same as the host's page, some 200 KB.
pub const REPORTED_OUTCOMES: usize = 1_000;

/// Requests in flight, whatever the host allows: each holds its body and its answer in memory.
pub const REQUESTS_IN_FLIGHT: usize = 32;

/// Bytes asked for in one read of an answer: a 207 for 1,000 accepted objects has 15 KB, one for 1,000 refused ones 200 KB.
pub const READ_BYTES: u64 = 64 * 1024;

/// Characters of the id of a task (API: `id`, at most 36).
pub const TASK_ID_CHARACTERS: usize = 36;

/// Characters of the name of an endpoint, an account, a script or a mailbox (API: at most 255 each).
pub const NAME_CHARACTERS: usize = 255;

/// Characters of the path of a file to collect (API: `filePath`, at most 1024).
pub const FILE_PATH_CHARACTERS: usize = 1_024;

/// Characters of the parameters of a custom script (API: `parameter`, at most 8000).
pub const SCRIPT_PARAMETER_CHARACTERS: usize = 8_000;

/// Characters of the digest of a process's file (API: `fileSha1` of a task, at most 160).
pub const TASK_DIGEST_CHARACTERS: usize = 160;

/// Characters of a value for the block list of Response Management. The API allows 160 to 256, depending on the field; a digest never
/// reaches them.
pub const RESPONSE_VALUE_CHARACTERS: usize = 255;

/// Commands in one request. The API states no number. After a request without an answer, all its commands are looked for in the task
/// list: fewer commands mean less to look for.
pub const COMMANDS_PER_REQUEST: usize = 50;

/// Shortest pause before the status of a task is read. Agents that are online need seconds, and one request reads 200 tasks. The host
/// makes the pause longer with each question.
pub const TASK_POLL: Duration = Duration::from_secs(2);

/// Bytes of a filter of the task list (API: `filter`, at most 2048).
pub const TASK_FILTER_BYTES: usize = 2_048;

/// Smallest page of the task list (API: `top`: 50, 100 or 200).
pub const TASK_LEAST_PAGE: usize = 50;

/// Pages of the task list that are searched for a command without an answer: 20,000 tasks of one action.
pub const TASK_SEARCH_PAGES: usize = 100;

/// Age of the oldest task that is looked for. The API takes up to 180 days; a day less leaves room for clocks that differ.
pub const TASK_AGE_DAYS: i64 = 179;

/// Bytes of a query of the endpoint inventory (API: `TMV1-Query`, at most 1024).
pub const INVENTORY_QUERY_BYTES: usize = 1_024;

/// Pages of one query of the inventory: a query has at most 50 names, and 1,000 endpoints with the same few names are a fault.
pub const INVENTORY_PAGES: usize = 20;

/// Agents that the message about an ambiguous name lists.
pub const CANDIDATES_NAMED: usize = 5;

/// Objects in one page of a response action: one page of the task list covers them when they wait.
pub const RESPONSE_PAGE_OBJECTS: usize = 200;
