//! All limits of the host, each with its reason, in one table.
//!
//! A bundle's manifest can request less than these values. If the table has a ceiling, it can request more up to the
//! ceiling. Nothing exceeds a ceiling. `docs/limits.md` is generated from
//! [`TABLE`].

#![warn(missing_docs)]

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The constant's name.
    pub name: &'static str,
    /// The default.
    pub value: u64,
    /// What the value counts: bytes, seconds, objects.
    pub unit: &'static str,
    /// The reason for this number.
    pub reason: &'static str,
}

macro_rules! limits {
    ($($(#[doc = $reason:literal])+ $name:ident = $value:expr, $unit:literal;)+) => {
        $($(#[doc = $reason])+ pub const $name: u64 = $value;)+

        /// All limits, in the order of this file.
        pub const TABLE: &[Limit] = &[
            $(Limit { name: stringify!($name), value: $name, unit: $unit, reason: concat!($($reason),+) },)+
        ];
    };
}

/// 1 KiB.
const KIB: u64 = 1024;
/// 1 MiB.
const MIB: u64 = 1024 * KIB;

limits! {
    // What a component may use.
    /// Linear memory of one run. The Vision One component processes 10,000 objects in less than 16 MiB. A Python guest starts
    /// at 40 MiB.
    MEMORY_BYTES = 128 * MIB, "bytes";
    /// Maximum memory that a manifest can request.
    MEMORY_CEILING_BYTES = 512 * MIB, "bytes";
    /// Elements of all tables together. Interpreters compiled to WebAssembly have tables of 10,000 to 40,000 functions.
    TABLE_ELEMENTS = 100_000, "elements";
    /// Core instances inside one component: the component itself, its adapters and shared libraries.
    INSTANCES = 64, "instances";
    /// Linear memories inside one component; one each for the program and an adapter is usual.
    MEMORIES = 8, "memories";
    /// Tables inside one component.
    TABLES = 32, "tables";
    /// Handles (requests, bodies, streams, pollables) that a component can hold at the same time: about ten for each request
    /// in flight, with a reserve.
    RESOURCES = 4_096, "handles";
    /// Bytes that one call of a host function can copy out of the component: a page of outcomes or a request body.
    HOSTCALL_BYTES = 16 * MIB, "bytes";
    /// Random bytes that one call can request.
    RANDOM_BYTES = 64 * KIB, "bytes";
    /// Size of a component before compilation. Python guests are 18 MB.
    COMPONENT_BYTES = 64 * MIB, "bytes";
    /// Memory of the process that compiles a component: guests in Python and JavaScript need a third of it.
    COMPILE_MEMORY_BYTES = 1_024 * MIB, "bytes";
    /// Threads of that process. Each has its own memory.
    COMPILE_THREADS = 4, "threads";
    /// Interval for checking whether the process has ended: a fraction of the time for the smallest component.
    COMPILE_POLL_MILLISECONDS = 2, "milliseconds";
    /// Bytes of one compiled component: twelve times the largest one, a Python guest.
    COMPILED_BYTES = 512 * MIB, "bytes";
    /// Bytes that are read of the compiling process's message about a component.
    COMPILER_MESSAGE_BYTES = 4 * KIB, "bytes";
    /// Variables of one function times its branches: eleven times those of the largest function of a JavaScript engine. At
    /// this size, the compiler needs 400 MB and 6 s of processor time, and both grow with the product.
    FUNCTION_MERGES = 5_000_000, "merges";
    /// Wall clock and processor time of one compilation; Cranelift takes 33 ms for a component of 76 KB on two cores.
    COMPILE_SECONDS = 120, "seconds";

    // Time.
    /// Wall clock of one run by default: a full list in batches of 100, with some waiting.
    RUN_SECONDS = 900, "seconds";
    /// Longest run that a manifest can request.
    RUN_CEILING_SECONDS = 21_600, "seconds";
    /// Wall clock of a component before its run: its start, and validating a configuration. It only computes and does not
    /// wait.
    VALIDATION_SECONDS = 10, "seconds";
    /// Thirty years: the replacement for longer times in a manifest, a policy or a response, which a clock cannot represent.
    FAR_FUTURE_SECONDS = 946_080_000, "seconds";
    /// The engine's epoch: how long a component that never calls the host can continue after its deadline.
    EPOCH_MILLISECONDS = 10, "milliseconds";

    // Data in.
    /// Objects in one page of a collection. Passing 1,000 records takes 0.7 ms and less than 1 MiB.
    PAGE_OBJECTS = 1_000, "objects";
    /// Bytes of one record of a collection. The longest value of an accepted type has 2,048 bytes, in addition to
    /// descriptions and attributes.
    RECORD_BYTES = 4 * MIB, "bytes";
    /// JSON documents up to this size are held in memory and parsed three times as fast. Larger ones are read byte by byte,
    /// in constant memory. A collection of 10,000 objects, a full run, has 7 to 30 MB.
    DOCUMENT_IN_MEMORY_BYTES = 32 * MIB, "bytes";
    /// Bytes at the beginning of a file that are used to detect its format.
    SNIFF_BYTES = 64 * KIB, "bytes";
    /// Unpacked bytes of a compressed file: eight times the limit of an upload, and more than the largest public dumps of
    /// indicators. It is read while it is unpacked, so the limit bounds time.
    UNPACKED_BYTES = 2_048 * MIB, "bytes";
    /// Bytes that are read from standard input, a pipe or a device, which can be endless: four times the limit of an upload.
    /// A file always has an end.
    STREAM_BYTES = 1_024 * MIB, "bytes";
    /// Ratio of the unpacked to the packed size of a file: 3 to 60 for lists of indicators, 1,000 for a decompression bomb.
    UNPACKED_RATIO = 200, "times";
    /// Unpacked bytes before the ratio is checked: short lists of one repeated line are not bombs.
    UNPACKED_RATIO_FREE_BYTES = 16 * MIB, "bytes";
    /// Unreadable records of one file that are passed on individually. Further ones are only counted. A file with more of
    /// them than of readable records is refused at its end.
    UNREADABLE_RECORDS = 100_000, "records";
    /// Unreadable records that `palisade collection` lists. The others are counted. This is enough to show every kind of
    /// error.
    UNREADABLE_SHOWN = 1_000, "records";
    /// Unreadable records that one run reports individually, over all files. Further ones are counted. They do not use up
    /// *Objects Per Run*, and each is held until the report is written.
    UNREADABLE_OFFERED = 100_000, "records";
    /// Records of one MISP event or object that are held until it is known whether it was deleted: the limit of one record.
    /// MISP writes `deleted` before the attributes.
    HELD_RECORDS_BYTES = 4 * MIB, "bytes";
    /// Top-level domains that are not on the public suffix list and that a warning names; the others are counted.
    SUFFIXES_NAMED = 10, "names";
    /// Columns of one file that are listed by name. A file with more is a matrix and not a list of indicators.
    COLUMNS_SHOWN = 100, "columns";
    /// Columns that a user can name for a collection.
    COLUMNS_CHOSEN = 20, "columns";
    /// Characters of a column's name.
    COLUMN_NAME_CHARACTERS = 200, "characters";
    /// Findings about one file that warnings name, most of them columns. People do not read more warnings than this.
    NOTES_NAMED = 50, "notes";
    /// Records of a text file that are held until the first value shows that it is a list: a banner, the machine's own names
    /// in a hosts file, exceptions of a filter.
    RECORDS_HELD = 1_000, "records";
    /// Unreadable lines for each readable line from which a file in no other format does not count as a list.
    UNREADABLE_FOR_ONE = 10, "lines";
    /// Unreadable lines before the first readable one, in a file in no other format: more than any banner above a list, fewer
    /// than a report in prose.
    UNREADABLE_AT_START = 100, "records";
    /// Words of one line of text before its comment. A hosts file has about ten names on a line, and all values of a line are
    /// held until it has been parsed.
    LINE_WORDS = 1_000, "words";
    /// Objects beyond the offered ones that the report lists individually. The others are counted.
    NOT_OFFERED_LISTED = 10_000, "objects";
    /// Objects that one thread compares with protected values before starting another thread is useful. They take a
    /// millisecond.
    JUDGED_BY_ONE_THREAD = 1_000, "objects";

    /// Texts of one parameter of the type `list` or `multiselect`: lists of objects belong in a collection.
    LIST_ITEMS = 1_000, "texts";

    // Results out.
    /// Submissions of one outcome. A URL with both schemes needs two, which is the largest known number.
    OUTCOME_SUBMISSIONS = 16, "submissions";
    /// State of one object that waits for the service: an identifier of a task and what the action knows, with room.
    STATE_BYTES = 64 * KIB, "bytes";
    /// Shortest time between two questions about an object that waits, regardless of what its action requests.
    POLL_LEAST_MILLISECONDS = 1_000, "milliseconds";
    /// Longest pause between two questions that the host chooses itself: the pauses grow, and people expect to know within
    /// minutes. An action can request longer ones.
    POLL_LONGEST_SECONDS = 300, "seconds";
    /// Outputs of one outcome. The actions of Vision One have five.
    OUTCOME_OUTPUTS = 32, "outputs";
    /// Files of one outcome that are downloaded. The actions of Vision One return one.
    OUTCOME_DOWNLOADS = 8, "files";
    /// How often another link to a file of one object is requested after a service has refused the link before.
    DOWNLOAD_RENEWALS = 3, "links";
    /// Characters of a mark. A description of 1,000 characters has room for it.
    MARK_CHARACTERS = 48, "characters";
    /// Growth of a pending file before it is replaced by what still matters: a day of questions about 200 objects.
    PENDING_FILE_GROWTH_BYTES = 64 * MIB, "bytes";
    /// Bytes of one line of a pending file: an object with the longest record, or a state in Base64 with 16 submissions.
    PENDING_FILE_LINE_BYTES = 16 * MIB, "bytes";
    /// Longest time that an object waits for the service: an offline endpoint comes back within days.
    WAIT_SECONDS = 604_800, "seconds";
    /// Largest file that a manifest can announce: the packages of evidence that services collect have some 100 MiB.
    ARTEFACT_BYTES = 2 * 1024 * MIB, "bytes";
    /// Shortest time between two runs of a feed that a manifest can request.
    FEED_LEAST_SECONDS = 60, "seconds";
    /// Fields of an entry of the service in a comparison. Those of Vision One have six.
    COMPARISON_FIELDS = 32, "fields";
    /// Entries that a run would evict, listed individually. The others are counted. This is a whole list of each of six
    /// types.
    EVICTIONS_LISTED = 60_000, "entries";
    /// Lists and types for which a run can report the number of entries. Further ones are counted in a warning. Vision One
    /// has two lists of six types.
    HOLDINGS = 100, "lists";
    /// Length of any text that a component reports. Longer texts are truncated.
    TEXT_BYTES = 4 * KIB, "bytes";
    /// Bytes of all text that a component reports in one run, apart from the addition in the next row. A whole list of
    /// evictions of each of six types has 12 MB.
    OUTPUT_BYTES = 32 * MIB, "bytes";
    /// Bytes that each object of a run adds to this budget. A comparison of an entry with six fields has 1.2 kB.
    OUTPUT_OBJECT_BYTES = 4 * KIB, "bytes";
    /// Maximum bytes that a component can report, regardless of the number of objects. The host holds them until the end of
    /// the run.
    OUTPUT_CEILING_BYTES = 512 * MIB, "bytes";
    /// Cost of each text in addition to its bytes. An empty text needs memory too.
    TEXT_OVERHEAD_BYTES = 32, "bytes";
    /// Fields of one message of a component. Further ones are counted and dropped. Our messages have less than ten.
    MESSAGE_FIELDS = 32, "fields";
    /// Problems of a configuration that a component can report together. Further ones are dropped.
    PROBLEMS = 100, "problems";
    /// Messages that a component can log in one run. Further ones are counted and dropped.
    LOG_MESSAGES = 10_000, "messages";
    /// Warnings that the report lists individually.
    WARNINGS_LISTED = 100, "messages";
    /// Bytes of one line of the log. Longer lines are truncated. A message of a component with all its fields is longer than
    /// people read.
    LOG_LINE_BYTES = 16 * KIB, "bytes";
    /// Output that a component can write to standard output or standard error.
    STDIO_BYTES = 64 * KIB, "bytes";

    // Requests.
    /// Requests of one run, including retries. A collection of 10,000 in batches of 100 needs 100. Finding one invalid object
    /// in a batch of 1,000 needs about 20 more.
    REQUESTS = 5_000, "requests";
    /// Largest number of requests per minute over one connection that a manifest can set. More is not a limit: with all requests
    /// in flight and 50 ms for each response, it is about 10,000.
    REQUESTS_PER_MINUTE_CEILING = 10_000, "requests";
    /// Bytes of a response with an access token. Tokens have some kilobytes.
    TOKEN_RESPONSE_BYTES = 64 * KIB, "bytes";
    /// Lifetime of an access token if its service does not state one.
    TOKEN_SECONDS = 300, "seconds";
    /// Longest time that an access token is used, even if its service states a longer one.
    TOKEN_CEILING_SECONDS = 86_400, "seconds";
    /// Requests in flight at the same time. With 200 ms for each response, 100 requests take 2.6 s.
    CONCURRENT_REQUESTS = 8, "requests";
    /// Bytes of one request body. Vision One refuses more than 1 MB.
    REQUEST_BODY_BYTES = MIB, "bytes";
    /// Bytes of one response body. The largest expected, a 207 for 1,000 objects that all failed, is 200 KB.
    RESPONSE_BODY_BYTES = 8 * MIB, "bytes";
    /// Requests of one run whose bodies the host holds at the same time, in flight or waiting: 64 MiB. Further requests wait
    /// before their bodies are read.
    REQUESTS_HELD = 64, "requests";
    /// Bytes of unread responses that a component can hold before further requests fail: eight of the largest, one for each
    /// request in flight. They are held in the memory of the host.
    ANSWERS_HELD_BYTES = 64 * MIB, "bytes";
    /// Bytes of the header section in both directions. Servers commonly refuse more than 8 to 16 KiB.
    HEADER_BYTES = 64 * KIB, "bytes";
    /// Header fields in both directions.
    HEADER_FIELDS = 100, "fields";
    /// One TCP connection or one name lookup. A firewall that drops packets would otherwise delay a run for minutes.
    CONNECT_SECONDS = 10, "seconds";
    /// Time from the first packet to a proxy to an open tunnel. The proxy must resolve a name and connect itself.
    PROXY_TUNNEL_SECONDS = 30, "seconds";
    /// Lookup of a name that is reached through a proxy. Networks behind a proxy often do not resolve outside names, and some
    /// do not respond at all. Only a fast answer is useful.
    PROXIED_NAME_SECONDS = 2, "seconds";
    /// Time from the start of a request, including connecting and TLS, to the head of the response. Vision One itself stops
    /// after 60 s.
    FIRST_BYTE_SECONDS = 70, "seconds";
    /// Time between two parts of a response body.
    BETWEEN_BYTES_SECONDS = 20, "seconds";
    /// One complete exchange: the maximum time for a slowly sending server.
    EXCHANGE_SECONDS = 120, "seconds";
    /// Idle connections are closed after this; load balancers drop them after 60 s or more.
    IDLE_CONNECTION_SECONDS = 30, "seconds";

    // Repeats by the transport.
    /// Attempts for one request if the response is 5xx or the connection is lost.
    TRANSPORT_ATTEMPTS = 4, "attempts";
    /// Attempts for one request if the response is 429. The server determines each pause.
    THROTTLE_ATTEMPTS = 10, "attempts";
    /// First pause before a retry. It doubles each time, with jitter.
    BACKOFF_FIRST_MILLISECONDS = 250, "milliseconds";
    /// Longest pause between retries that the host chooses. Vision One counts its requests in windows of 60 s.
    BACKOFF_LONGEST_MILLISECONDS = 60_000, "milliseconds";

    /// Duration from which a wait is shown even without logs, so that an operator sees why a run does not progress.
    WAIT_TOLD_SECONDS = 5, "seconds";

    /// Minimum pause after a 429. A shorter `Retry-After` is raised to this value, because the service has just refused
    /// requests without a pause.
    RETRY_AFTER_LEAST_MILLISECONDS = 1_000, "milliseconds";

    // The end of a run that is stopped: by its operator, its deadline, or a limit of its requests.
    /// How long a stopped run waits for the responses to its requests in flight: ten times the duration of a batch of 1,000.
    /// Requests without a response by then are reported as sent with an unknown outcome.
    ANSWER_WAIT_SECONDS = 30, "seconds";
    /// How long a stopped component can continue without reporting anything, once there are no requests in flight.
    SETTLE_SECONDS = 5, "seconds";

    // Evidence.
    /// Texts of request bodies that are counted in one run, as digests of 8 bytes: a full block list with six fields each is
    /// 60,000.
    SENT_TEXTS = 200_000, "texts";
    /// Names of fields for which these texts are counted. Vision One has ten.
    SENT_FIELDS = 64, "names";
    /// Bytes of such a name.
    SENT_FIELD_BYTES = 64, "bytes";
    /// Bytes of a recording's entries, held in memory until the end of the run. 10,000 exceptions have 5 MB, a full block
    /// list less.
    RECORDING_BYTES = 64 * MIB, "bytes";
    /// Entries of a recording: twice the default number of requests of a run.
    RECORDING_ENTRIES = 10_000, "entries";
    /// Bytes of a recording that is read: one of Palisade that was indented and edited, or one of a browser.
    RECORDING_READ_BYTES = 128 * MIB, "bytes";
    /// Bytes of each value in a difference between a request and its recording. Two of them fit on a screen.
    DIFFERENCE_VALUE_BYTES = 120, "bytes";
    /// Shortest secret that is searched for inside words, Base64 and hexadecimal digits. A shorter one has at most six
    /// characters there and occurs by chance.
    REDACTED_ENCODED_BYTES = 5, "bytes";
    /// Shortest fragment of a secret that is recognised. By chance, 16 MiB of hexadecimal digits contain one of the 50
    /// fragments of a secret of 64 digits once in 20,000 million texts. Half of a secret of twice this length is found.
    REDACTED_FRAGMENT_BYTES = 16, "bytes";
    /// Shortest fragment of a secret that is shorter than two of those fragments. It has at most 20 fragments, and 16 MiB of
    /// hexadecimal digits contain one of them by chance once in 800,000 texts.
    REDACTED_SHORT_FRAGMENT_BYTES = 12, "bytes";
    /// Nested escapes that are decoded in the search for a secret. JSON in JSON in a URL in HTML has four.
    ESCAPE_NESTING = 4, "levels";
    /// Bytes that the thread that sends requests searches for secrets itself. Longer texts are searched by another thread,
    /// for up to two seconds for each MiB of a malicious response.
    REDACTED_AT_ONCE_BYTES = 64 * KIB, "bytes";
    /// Steps of a search for secrets for each byte of its text. A text that needs more is withheld. Ordinary text takes less
    /// than 2, a response of Base64 less than 30, and a million steps take 20 ms.
    REDACTION_STEPS_PER_BYTE = 40, "steps";
    /// Additional steps of a search, so that a short text with many escapes is searched completely.
    REDACTION_STEPS = 100_000, "steps";

    // Protected values.
    /// Bytes of one warning list. A list of a million host names has 20 to 30 MB.
    WARNING_LIST_BYTES = 128 * MIB, "bytes";
    /// Bytes of one entry of a warning list. No service accepts a longer value.
    WARNING_LIST_ENTRY_BYTES = 4 * KIB, "bytes";
    /// Substrings of all warning lists together, which are held in one automaton. Published lists have some hundreds.
    WARNING_LISTS_SUBSTRINGS = 100_000, "substrings";
    /// Regular expressions of all warning lists together. Each is compiled at every start. Published lists have a few.
    WARNING_LISTS_REGEXES = 1_000, "expressions";
    /// Memory of one compiled regular expression, so that one entry cannot use the memory of all.
    WARNING_LIST_REGEX_BYTES = 2 * MIB, "bytes";
    /// Memory of all compiled regular expressions together: a sixth of the 400 MB for protected values.
    WARNING_LISTS_REGEXES_BYTES = 64 * MIB, "bytes";
    /// Bytes of compiled lists, which a run holds in memory: 2,500,000 host names have 64 MB.
    COMPILED_LISTS_BYTES = 256 * MIB, "bytes";

    // Bundles.
    /// Size of a bundle's zip: a Python guest of 18 MB, with a reserve.
    BUNDLE_BYTES = 64 * MIB, "bytes";
    /// Entries in a bundle's zip; ours has nine.
    BUNDLE_ENTRIES = 64, "entries";
    /// Bytes of all entries together, decompressed.
    BUNDLE_UNPACKED_BYTES = 128 * MIB, "bytes";
    /// Ratio of the unpacked to the packed size of an entry of a bundle. Deflate can reach 1,032. Components and texts stay
    /// below 20, and a much higher ratio indicates an attack.
    BUNDLE_RATIO = 200, "times";
    /// Unpacked size up to which the ratio is not checked. A short text of one repeated letter can have any ratio.
    BUNDLE_RATIO_FREE_BYTES = MIB, "bytes";
    /// Components up to this size are packed without compression. Unpacking 625 KB takes 1.6 ms of every start, and saves 400
    /// KB of one download.
    COMPONENT_STORED_BYTES = MIB, "bytes";
    /// Bytes of the list of digests in a bundle, which is unpacked before its signature is verified: 64 lines with names of
    /// 900 bytes.
    DIGEST_LIST_BYTES = 64 * KIB, "bytes";
    /// Bytes of that list's signature: minisign's own limit is 8 KiB for the longer of its two comments.
    SIGNATURE_BYTES = 16 * KIB, "bytes";
    /// Bytes of the manifest: ours has 15 KB.
    MANIFEST_BYTES = MIB, "bytes";
    /// Bytes of a plan. 10,000 objects with the entries of the service have about 12 MB.
    PLAN_BYTES = 256 * MIB, "bytes";
    /// Differences between a plan and the service that a message lists. The others are counted.
    DIFFERENCES_TOLD = 5, "differences";
    /// Bytes of a configuration file.
    CONFIGURATION_BYTES = MIB, "bytes";
    /// Bytes of a policy file: 5,000 protected values of 200 bytes each. Longer lists should be compiled.
    POLICY_BYTES = MIB, "bytes";
    /// Bytes of a file with certificates in PEM: the public authorities of an operating system, 150 with comments, have 250 KB.
    CERTIFICATES_BYTES = 4 * MIB, "bytes";
    /// Bytes of a file with a secret. A Vision One key has less than 2 KiB.
    SECRET_BYTES = 64 * KIB, "bytes";

    // The service.
    /// Idle connections for reading that the state keeps open. Simultaneous readers open more.
    STORE_READERS = 8, "connections";
    /// How long a write waits for another process, such as a backup, to release the state.
    STORE_BUSY_SECONDS = 10, "seconds";
    /// Bytes of one piece of an uploaded file, which is held in memory while the file is read.
    STORE_PIECE_BYTES = 256 * KIB, "bytes";
    /// Memory of one argon2id hash, in KiB: 19 MiB with two passes is what OWASP recommends.
    PASSWORD_MEMORY_KIB = 19_456, "KiB";
    /// Passes of argon2id over its memory; belongs to the row above.
    PASSWORD_PASSES = 2, "passes";
    /// Passwords that are hashed at the same time. Each needs a core for about 20 ms, and 19 MiB.
    PASSWORD_PLACES = 2, "hashes";
    /// How long a login waits for one of these places before it is refused with `Retry-After`.
    PASSWORD_WAIT_SECONDS = 10, "seconds";
    /// Minimum length of a new password: sufficient against guessing at the rate of the limits below.
    PASSWORD_CHARACTERS = 12, "characters";
    /// Maximum bytes of a password. argon2id digests all of them, and people do not type more.
    PASSWORD_BYTES = KIB, "bytes";
    /// Failed logins for one name from one address within the window without a delay, for mistyped passwords.
    LOG_IN_FREE_FAILURES = 5, "failures";
    /// Failed logins for one name from all addresses within the window without a delay.
    LOG_IN_FREE_FAILURES_OF_NAME = 20, "failures";
    /// Failed logins from one address within the window without a delay. Several users can share the address of an office.
    LOG_IN_FREE_FAILURES_OF_ADDRESS = 50, "failures";
    /// Longest delay of a login for a name that failed often from the same address. This address can then try 30 passwords
    /// for the name in the window.
    LOG_IN_DELAY_SECONDS = 30, "seconds";
    /// Longest delay of a login if the name failed from other addresses, or the address failed with other names. The correct
    /// password is always accepted, with a short delay.
    LOG_IN_SHARED_DELAY_SECONDS = 4, "seconds";
    /// Logins from one address that are delayed at the same time. Further ones are refused with `Retry-After`.
    LOG_INS_DELAYED = 16, "log-ins";
    /// The window in which failed logins count.
    LOG_IN_WINDOW_SECONDS = 900, "seconds";
    /// Bytes of the form of a login or of a link: a name and a password. It is read before authentication.
    LOG_IN_FORM_BYTES = 16 * KIB, "bytes";
    /// How long refused logins and tokens of one kind, subject and address are counted before the audit log gets one line for
    /// them.
    AUDIT_REFUSALS_SECONDS = 60, "seconds";
    /// Kinds, subjects and addresses of refusals that are counted separately. Further ones share one line, so that the audit
    /// log cannot be filled from outside: at most this many lines twice a minute.
    AUDIT_REFUSALS = 64, "lines";
    /// Lines of the audit log in one response of its export.
    AUDIT_EXPORT_LINES = 10_000, "lines";
    /// Interval for forwarding new lines of the audit log to syslog.
    SYSLOG_POLL_SECONDS = 1, "seconds";
    /// Lines that are forwarded to syslog before the position is stored. After a crash, these are sent again.
    SYSLOG_LINES_AT_ONCE = 100, "lines";
    /// Bytes of one message to syslog. RFC 5424 recommends that receivers accept 2,048 and permits more. A longer line omits
    /// the values before and after.
    SYSLOG_MESSAGE_BYTES = 8 * KIB, "bytes";
    /// Maximum time for connecting or sending to a syslog receiver.
    SYSLOG_SECONDS = 10, "seconds";
    /// Maximum duration of a session: a working day, with a login each morning.
    SESSION_SECONDS = 12 * 3_600, "seconds";
    /// How long an ended session is remembered. If its user then sends a form, the form is processed after another login.
    SESSION_REMEMBERED_SECONDS = 24 * 3_600, "seconds";
    /// Forms that wait for their sender to log in again.
    KEPT_FORMS = 32, "forms";
    /// Bytes of one of these forms. A workflow with 16 actions has less.
    KEPT_FORM_BYTES = 256 * KIB, "bytes";
    /// Forms with files that wait in the same way, on the disk of the state, with at most 256 MiB each.
    KEPT_UPLOADS = 4, "forms";
    /// Bytes of a form with files that must contain its token against forgery. Our pages write it as the first field.
    KEPT_UPLOAD_HEAD_BYTES = 4 * KIB, "bytes";
    /// How long a form waits.
    KEPT_FORM_SECONDS = 1_800, "seconds";
    /// How long a session lasts without a request.
    SESSION_IDLE_SECONDS = 3_600, "seconds";
    /// Minimum interval between two writes of a session's last use. A write for each request would be too expensive.
    SESSION_USE_SECONDS = 60, "seconds";
    /// Characters that are stored of the browser's description: longer than those of the usual browsers.
    SESSION_CLIENT_CHARACTERS = 200, "characters";
    /// How long a link for a new user or a new password is valid.
    LINK_SECONDS = 72 * 3_600, "seconds";
    /// Maximum days that an API token is valid. Users who still need it create another one.
    TOKEN_DAYS = 366, "days";
    /// Minimum interval between two writes of a token's last use. A write for each request would be too expensive.
    TOKEN_USE_SECONDS = 60, "seconds";
    /// Characters of the name of a user or a token.
    NAME_CHARACTERS = 64, "characters";
    /// Requests of one token in a minute, beyond the burst below. A client that waits for a run sends four requests a second.
    TOKEN_REQUESTS_PER_MINUTE = 1_200, "requests";
    /// Requests of one token at the same time.
    TOKEN_REQUEST_BURST = 300, "requests";
    /// Requests of one session in a minute, beyond the burst below. 20 open pages each send a request every two seconds.
    SESSION_REQUESTS_PER_MINUTE = 1_200, "requests";
    /// Requests of one session at the same time: a browser that restores its tabs.
    SESSION_REQUEST_BURST = 300, "requests";
    /// Bytes of a form or a JSON body. Uploads have separate limits.
    FORM_BYTES = MIB, "bytes";
    /// Bytes of all held bodies together: those of requests in progress and of uploaded bundles. Uploads to collections have
    /// separate limits. Further requests are refused with `Retry-After`.
    BODIES_HELD_BYTES = 192 * MIB, "bytes";
    /// Part of these bytes for uploaded bundles, from the first byte to the confirmation: two of full size, or eight of 16
    /// MiB. The rest is reserved for forms.
    BODIES_OF_BUNDLES_BYTES = 128 * MIB, "bytes";
    /// Part of these bytes for requests without authentication: login forms.
    BODIES_OF_STRANGERS_BYTES = 8 * MIB, "bytes";
    /// Part of these bytes for one address without authentication: 16 login forms of full size.
    BODIES_OF_STRANGER_BYTES = 256 * KIB, "bytes";
    /// Uploads to collections that are received at the same time. Each is held until its files have been read.
    UPLOADS_AT_ONCE = 2, "uploads";
    /// Bytes that an HTTP/2 client can send ahead, in a stream and in a connection.
    HTTP_WINDOW_BYTES = 256 * KIB, "bytes";
    /// Minimum bytes of a response that is compressed.
    COMPRESSED_BYTES = KIB, "bytes";
    /// How long the result of the check whether the state can be written is valid. The check needs a write.
    READY_SECONDS = 5, "seconds";
    /// Bytes of a request's header.
    HTTP_HEAD_BYTES = 32 * KIB, "bytes";
    /// Maximum time of a client for a header or a TLS handshake, and of an idle connection.
    HTTP_HEAD_SECONDS = 20, "seconds";
    /// A body or a response that transfers less than the next row in this time is aborted, so that a slow client does not
    /// occupy a connection.
    HTTP_STALL_SECONDS = 20, "seconds";
    /// Minimum bytes of a body in the time of the previous row, unless it ends.
    HTTP_STALL_BYTES = 16 * KIB, "bytes";
    /// Simultaneous connections. A browser uses six, an API client one. Each takes less than 100 KiB.
    HTTP_CONNECTIONS = 1_024, "connections";
    /// Simultaneous connections from one address, or one IPv6 network, unless it is a trusted proxy. One client cannot use
    /// all connections.
    HTTP_CONNECTIONS_OF_ADDRESS = 128, "connections";
    /// Simultaneous requests on one HTTP/2 connection.
    HTTP_STREAMS = 100, "requests";
    /// Maximum time until the response to a request begins.
    HTTP_ANSWER_SECONDS = 120, "seconds";
    /// Maximum time for open requests to end when the service stops.
    HTTP_DRAIN_SECONDS = 10, "seconds";
    /// Maximum rows of a page of a list in the API.
    API_PAGE_ROWS = 500, "rows";
    /// Default rows of a page of a list.
    PAGE_ROWS = 50, "rows";
    /// Characters of the indexed text of a value: longer than the URLs that people search for. An index contains one for each
    /// object of each run.
    SEARCH_KEY_CHARACTERS = 256, "characters";
    /// Characters of a search: the longest value of an accepted type.
    SEARCH_CHARACTERS = 2_048, "characters";
    /// Matches of one kind that a search counts and pages through. People do not read further, and each different value is
    /// one index lookup: 1,000 need 3 ms.
    SEARCH_COUNTED = 1_000, "matches";
    /// Matches of each kind on the first page of a search.
    SEARCH_SHOWN = 10, "matches";
    /// Latest runs of one value that a search reads to count them and to find its types.
    SEARCH_SIGHTINGS = 200, "runs";
    /// Latest runs whose names and reasons a search reads. 10,000 need 10 ms.
    SEARCH_RUNS = 10_000, "runs";
    /// Objects of the uploaded files of one collection that a search finds: twenty full runs. They are indexed during the
    /// upload, 100,000 in less than a second.
    SEARCH_FILE_OBJECTS = 200_000, "objects";
    /// Runs before and after its own that the page of an object lists.
    STORY_RUNS = 10, "runs";
    /// Characters of an idempotency key: a UUID has 36.
    IDEMPOTENCY_KEY_CHARACTERS = 128, "characters";
    /// How long the response to a request with an idempotency key is stored.
    IDEMPOTENCY_SECONDS = 24 * 3_600, "seconds";
    /// Objects of one page of a live ThreatQ collection: as many as other clients of its API request. 10,000 objects need 20
    /// pages.
    THREATQ_PAGE_OBJECTS = 500, "objects";
    /// Bytes of one such page: 64 KiB for each object, twenty times the usual, and still small enough to be held in memory. A
    /// larger page is requested again with half the objects.
    THREATQ_PAGE_BYTES = 32 * MIB, "bytes";
    /// Pages of one collection: a million objects. Without this limit, an appliance that always names another page would
    /// never end.
    THREATQ_PAGES = 2_000, "pages";
    /// Bytes of the mark with which an appliance names its next page. It becomes part of an address. Usual marks have less
    /// than a hundred.
    THREATQ_MARK_BYTES = 4 * KIB, "bytes";
    /// Characters of a collection's id, which becomes part of an address. Usual ids have 32.
    THREATQ_COLLECTION_CHARACTERS = 128, "characters";
    /// Bytes of a cron expression: all sixty minutes, one by one, have 169.
    CRON_EXPRESSION_BYTES = 512, "bytes";
    /// How far ahead the next time of a cron expression is searched. A leap day on a Sunday can be 40 years away at the turn
    /// of a century, and each search covers four years.
    CRON_YEARS = 44, "years";
    /// Missed times of a schedule that are counted individually: a few weeks of hours. One run replaces all of them.
    MISSED_TICKS = 1_000, "ticks";
    /// Bytes of a file with a key of the vault: 44 letters and a line break.
    VAULT_KEY_FILE_BYTES = KIB, "bytes";
    /// Characters of the name of a workflow or a collection: one line of a list.
    TITLE_CHARACTERS = 120, "characters";
    /// Actions of one workflow.
    WORKFLOW_STEPS = 16, "actions";
    /// Time for reading a live collection completely: 1,000,000 objects in pages of a second each.
    COLLECTION_SECONDS = 3_600, "seconds";
    /// Time for a test of a connection, for which a user waits.
    CONNECTION_TEST_SECONDS = 15, "seconds";
    /// Time from the request of a run to its end, including waiting. A run that takes longer than a day delays the next one.
    RUN_DEADLINE_SECONDS = 86_400, "seconds";
    /// Time between two heartbeats of an activation, and the maximum delay of a cancellation.
    HEARTBEAT_SECONDS = 1, "seconds";
    /// Interval at which the embedded executor checks for due tasks.
    TASK_POLL_MILLISECONDS = 250, "milliseconds";
    /// Pause before an activation that failed because of the state is retried.
    ACTIVATION_RETRY_SECONDS = 5, "seconds";
    /// Longest wait imposed by a service for which a worker is held, if a step has not begun. A step that has begun keeps its
    /// worker, because it would otherwise have to read the service's list again within the same rate limit.
    HELD_WAIT_SECONDS = 5, "seconds";
    /// How long a run waits for a list that another run pushes to before it checks again. The embedded executor wakes it
    /// earlier, as soon as the list is free.
    LIST_WAIT_SECONDS = 60, "seconds";
    /// Runs that are processed at the same time. Each needs a component of up to 128 MiB.
    RUN_WORKERS = 4, "runs";
    /// Maximum age in days that a filter accepts: ten years of a threat-intelligence platform.
    FILTER_DAYS = 3_660, "days";
    /// Objects of a sorted list of a collection. They are sorted in memory, and people do not page further. The order of the
    /// source does not have this limit.
    SORTED_OBJECTS = 10_000, "objects";
    /// Objects that a user can select for a manual run.
    SELECTED_OBJECTS = 10_000, "objects";
    /// Bytes of a form or a body that selects objects for a manual run. 10,000 addresses of 200 bytes have 2 MB, and a form
    /// encodes some characters as three.
    SELECTION_BYTES = 8 * MIB, "bytes";
    /// Bytes of a workflow that is imported as YAML: 16 actions, each with lists of values of 250 KiB.
    WORKFLOW_FILE_BYTES = 4 * MIB, "bytes";
    /// Days after which completed runs are deleted.
    RUN_RETENTION_DAYS = 90, "days";
    /// Interval for deleting such runs.
    PRUNE_SECONDS = 60, "seconds";
    /// Runs that are deleted in one transaction, so that other writes do not wait long.
    RUNS_PRUNED_AT_ONCE = 20, "runs";
    /// Age from which an unused sealed secret is deleted: longer than any call that first seals a secret and then stores its
    /// use.
    UNUSED_SECRET_SECONDS = 3_600, "seconds";
    /// Interval for checking schedules while nothing is due.
    SCHEDULE_POLL_SECONDS = 1, "seconds";
    /// Uploaded bundles that wait for a confirmation.
    PENDING_UPLOADS = 8, "bundles";
    /// How long an uploaded bundle waits for its confirmation.
    PENDING_UPLOAD_SECONDS = 1_800, "seconds";
    /// How long an upload of a bundle waits for a place while others arrive: shorter than the timeout of a silent connection.
    PENDING_WAIT_SECONDS = 10, "seconds";
    /// Time for reading a collection for a page, for which a user waits. A run has more time.
    PREVIEW_SECONDS = 60, "seconds";
    /// Bytes of the files in one upload to a collection. 1,000,000 indicators of a ThreatQ export without attributes have
    /// about 200 MB.
    COLLECTION_UPLOAD_BYTES = 256 * MIB, "bytes";
    /// Minimum frequency of updates for a watcher of a run.
    PROGRESS_SECONDS = 2, "seconds";
    /// Silence of a worker after which another one takes over its run: many heartbeats, so that a busy machine does not count
    /// as frozen.
    SILENCE_SECONDS = 60, "seconds";
    /// Waiting time of a run from which the overview shows a warning: longer than a run of 10,000 objects takes.
    LONG_WAIT_SECONDS = 600, "seconds";
    /// Time for one call of the command line to a service: an upload of the largest collection over a slow line.
    SERVICE_CALL_SECONDS = 600, "seconds";
    /// Bytes of a response that the command line reads: a report of 10,000 objects with the entries of the service.
    SERVICE_ANSWER_BYTES = 256 * MIB, "bytes";
    /// Interval at which the command line checks whether a run has ended.
    SERVICE_POLL_MILLISECONDS = 500, "milliseconds";
    /// Default time for one transfer of traces, as in OpenTelemetry.
    TRACES_EXPORT_SECONDS = 10, "seconds";
    /// Maximum time for the last traces when the service stops: half of the time for open requests.
    TRACES_FLUSH_SECONDS = 5, "seconds";
    /// Bytes of a response of the collector that are read. It contains the number of refused spans.
    TRACES_ANSWER_BYTES = 64 * KIB, "bytes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_a_reason_and_a_value() {
        for limit in TABLE {
            assert!(limit.value > 0, "{} is zero", limit.name);
            assert!(limit.reason.trim().len() > 20, "{} has no reason", limit.name);
        }
    }
}
