//! Every number that bounds something in the host, with the reason for it, in one table.
//!
//! A bundle's manifest may ask for less than these values and, where the table has a row ending in `_CEILING`,
//! for more up to that. Nothing goes past a ceiling. `docs/limits.md` is generated from
//! [`TABLE`].

#![warn(missing_docs)]

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The constant's name.
    pub name: &'static str,
    /// The value where nobody asks for another.
    pub value: u64,
    /// What the value counts: bytes, seconds, objects.
    pub unit: &'static str,
    /// Why this number.
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
    /// Linear memory of one run. The Vision One component works 10,000 objects in less than 16 MiB; a Python guest
    /// starts at 40 MiB.
    MEMORY_BYTES = 128 * MIB, "bytes";
    /// Most memory that a manifest may ask for.
    MEMORY_CEILING_BYTES = 512 * MIB, "bytes";
    /// Elements of all tables together. Interpreters compiled to WebAssembly have tables of 10,000 to 40,000 functions.
    TABLE_ELEMENTS = 100_000, "elements";
    /// Core instances inside one component: the component itself, its adapters and shared libraries.
    INSTANCES = 64, "instances";
    /// Linear memories inside one component; one each for the program and an adapter is usual.
    MEMORIES = 8, "memories";
    /// Tables inside one component.
    TABLES = 32, "tables";
    /// Handles (requests, bodies, streams, pollables) that a component may hold at once: some ten for each request in
    /// flight, with room.
    RESOURCES = 4_096, "handles";
    /// Bytes that one call of a host function may copy out of the component: a page of outcomes or a request body.
    HOSTCALL_BYTES = 16 * MIB, "bytes";
    /// Random bytes that one call may ask for.
    RANDOM_BYTES = 64 * KIB, "bytes";
    /// Size of a component before compilation. Python guests are 18 MB.
    COMPONENT_BYTES = 64 * MIB, "bytes";
    /// Memory of the process that compiles a component: guests in Python and JavaScript need a third of it.
    COMPILE_MEMORY_BYTES = 1_024 * MIB, "bytes";
    /// Threads of that process: each has memory of its own.
    COMPILE_THREADS = 4, "threads";
    /// How often its end is looked for: a fraction of the time that the smallest component takes.
    COMPILE_POLL_MILLISECONDS = 2, "milliseconds";
    /// Bytes of one compiled component: twelve times the largest one, a Python guest.
    COMPILED_BYTES = 512 * MIB, "bytes";
    /// Bytes that are read of what the process that compiles says of a component.
    COMPILER_MESSAGE_BYTES = 4 * KIB, "bytes";
    /// Variables of one function times its branches, eleven times those of the largest function of a JavaScript engine. With so
    /// many the compiler needs 400 MB and 6 s of processor time, and both grow with their product.
    FUNCTION_MERGES = 5_000_000, "merges";
    /// Wall clock and processor time of one compilation; Cranelift takes 33 ms for a component of 76 KB on two cores.
    COMPILE_SECONDS = 120, "seconds";

    // Time.
    /// Wall clock of one run where the manifest asks for nothing: a full list in batches of 100 with some waiting.
    RUN_SECONDS = 900, "seconds";
    /// Longest run that a manifest may ask for.
    RUN_CEILING_SECONDS = 21_600, "seconds";
    /// Wall clock of what a component does before its run: its start, and judging a configuration. It computes and waits
    /// for nobody.
    VALIDATION_SECONDS = 10, "seconds";
    /// Thirty years: what a longer time is taken for, where a manifest, an operator or a service names one that no clock
    /// can tell.
    FAR_FUTURE_SECONDS = 946_080_000, "seconds";
    /// The engine's epoch: how long a component that never calls the host may go on past its deadline.
    EPOCH_MILLISECONDS = 10, "milliseconds";

    // Data in.
    /// Objects in one page of a collection: 1,000 records cost 0.7 ms to hand over and less than 1 MiB.
    PAGE_OBJECTS = 1_000, "objects";
    /// Bytes of one record of a collection: the longest value that any accepted type has is 2,048; descriptions and
    /// attributes come on top.
    RECORD_BYTES = 4 * MIB, "bytes";
    /// JSON documents up to this size are held whole and parsed three times as fast; larger ones are read byte by byte, in
    /// constant memory. A collection of 10,000 objects, a full run, has 7 to 30 MB.
    DOCUMENT_IN_MEMORY_BYTES = 32 * MIB, "bytes";
    /// How far into a file its format is looked for.
    SNIFF_BYTES = 64 * KIB, "bytes";
    /// Bytes that a compressed file may unpack to: eight times what may be uploaded, more than the largest public dumps of
    /// indicators have. It is read as it is unpacked, so the bound is one of time.
    UNPACKED_BYTES = 2_048 * MIB, "bytes";
    /// Bytes that are read from standard input, a pipe or a device, which may never end: four times what may be uploaded. A file
    /// has an end of its own.
    STREAM_BYTES = 1_024 * MIB, "bytes";
    /// How many times its size a compressed file may unpack to: lists of indicators come to 3 to 60 times, a bomb to 1,000.
    UNPACKED_RATIO = 200, "times";
    /// Unpacked bytes before the ratio counts: short lists of one repeated line are no bombs.
    UNPACKED_RATIO_FREE_BYTES = 16 * MIB, "bytes";
    /// Unreadable records of one file that are handed on one by one; further ones are counted only. A file with more of them
    /// than of readable records is of another kind, and refused at its end.
    UNREADABLE_RECORDS = 100_000, "records";
    /// Unreadable records that `palisade collection` lists; the others are counted. Enough to see every kind of fault.
    UNREADABLE_SHOWN = 1_000, "records";
    /// Unreadable records that one run reports one by one, over all files; further ones are counted. They do not use up
    /// *Objects Per Run*, and each is held until the report is written.
    UNREADABLE_OFFERED = 100_000, "records";
    /// Records of one MISP event or object that are held until it is known whether it was deleted: as large as one record
    /// may be. MISP writes `deleted` before the attributes.
    HELD_RECORDS_BYTES = 4 * MIB, "bytes";
    /// Top-level domains that are not on the public suffix list and that a warning names; the others are counted.
    SUFFIXES_NAMED = 10, "names";
    /// Columns of one file that are listed by name: a file with more is a matrix, and no list of indicators.
    COLUMNS_SHOWN = 100, "columns";
    /// Columns that somebody names for a collection.
    COLUMNS_CHOSEN = 20, "columns";
    /// Characters of a column's name.
    COLUMN_NAME_CHARACTERS = 200, "characters";
    /// Findings about one file that warnings name, most of them columns: nobody reads more warnings than this.
    NOTES_NAMED = 50, "notes";
    /// Records of a file that was taken for text that are kept back until the first value shows that it is a list: a banner, the
    /// machine's own names in a hosts file, exceptions of a filter.
    RECORDS_HELD = 1_000, "records";
    /// Unreadable lines for each readable one from which on a file that was taken for text is not a list.
    UNREADABLE_FOR_ONE = 10, "lines";
    /// Lines that may be unreadable before the first readable one, in a file that was taken for text because it is nothing
    /// else: longer than any banner above a list, shorter than a report in prose.
    UNREADABLE_AT_START = 100, "records";
    /// Words of one line of text before its comment: a hosts file has at most some ten names on a line, and every value of
    /// a line is held until all of it is understood.
    LINE_WORDS = 1_000, "words";
    /// Objects beyond those offered that the report lists one by one; the others are counted.
    NOT_OFFERED_LISTED = 10_000, "objects";
    /// Objects that one thread holds against what is protected before another is worth starting: they take it a millisecond.
    JUDGED_BY_ONE_THREAD = 1_000, "objects";

    // Results out.
    /// Submissions that one outcome may carry; the largest need is two, for a URL with both schemes.
    OUTCOME_SUBMISSIONS = 16, "submissions";
    /// Fields of an entry of the service that a comparison may tell of; Vision One's have six.
    COMPARISON_FIELDS = 32, "fields";
    /// Entries a run would displace, listed one by one; the rest are counted: a whole list of each of six types.
    EVICTIONS_LISTED = 60_000, "entries";
    /// Lists and types of which a run can say how many entries they hold; further ones are counted in a warning. Vision One
    /// has two lists of six types.
    HOLDINGS = 100, "lists";
    /// Length of any text that a component reports; longer ones are cut.
    TEXT_BYTES = 4 * KIB, "bytes";
    /// Bytes of everything that a component reports in one run, apart from what the row below adds: a whole list of evictions
    /// of each of six types has 12 MB.
    OUTPUT_BYTES = 32 * MIB, "bytes";
    /// Bytes that each object of a run adds to it: a comparison of an entry with six fields has 1.2 kB.
    OUTPUT_OBJECT_BYTES = 4 * KIB, "bytes";
    /// Most bytes that a component may report, however many objects its run has: the host holds them until the run is over.
    OUTPUT_CEILING_BYTES = 512 * MIB, "bytes";
    /// What each text costs beside its bytes: an empty one takes memory too.
    TEXT_OVERHEAD_BYTES = 32, "bytes";
    /// Fields of one message of a component; further ones are counted and dropped. Ours have less than ten.
    MESSAGE_FIELDS = 32, "fields";
    /// Problems of a configuration that a component may report at once; further ones are dropped.
    PROBLEMS = 100, "problems";
    /// Messages that a component may log in one run; further ones are counted and dropped.
    LOG_MESSAGES = 10_000, "messages";
    /// Warnings that the report lists one by one.
    WARNINGS_LISTED = 100, "messages";
    /// Bytes of one line of the log; what is longer is cut: a message of a component with all its fields has more than people read.
    LOG_LINE_BYTES = 16 * KIB, "bytes";
    /// Output that a component may write to standard output or standard error.
    STDIO_BYTES = 64 * KIB, "bytes";

    // Requests.
    /// Requests of one run, repeats included: a collection of 10,000 in batches of 100 needs 100; a batch of 1,000 in
    /// which one object is searched by splitting needs some 20 more.
    REQUESTS = 5_000, "requests";
    /// Requests in flight at once. With 200 ms for each answer, 100 requests are done in 2.6 s.
    CONCURRENT_REQUESTS = 8, "requests";
    /// Bytes of one request body. Vision One refuses more than 1 MB.
    REQUEST_BODY_BYTES = MIB, "bytes";
    /// Bytes of one response body. The largest expected, a 207 for 1,000 objects that all failed, is 200 KB.
    RESPONSE_BODY_BYTES = 8 * MIB, "bytes";
    /// Requests of one run whose bodies the host holds at once, in flight or waiting for their turn: 64 MiB. What a component
    /// begins beyond them waits before its body is read.
    REQUESTS_HELD = 64, "requests";
    /// Bytes of answers that a component may leave unread before further requests fail. Eight of the largest, one for each
    /// request in flight; what is held lies in the host's memory.
    ANSWERS_HELD_BYTES = 64 * MIB, "bytes";
    /// Bytes of the header section, either way. Servers commonly refuse more than 8 to 16 KiB.
    HEADER_BYTES = 64 * KIB, "bytes";
    /// Header fields, either way.
    HEADER_FIELDS = 100, "fields";
    /// One TCP connection or one look-up of a name. A firewall that drops packets would hold a run for minutes.
    CONNECT_SECONDS = 10, "seconds";
    /// From the first packet to a proxy to an open tunnel: the proxy has to resolve a name and connect itself.
    PROXY_TUNNEL_SECONDS = 30, "seconds";
    /// Look-up of a name that is reached through a proxy. Networks behind a proxy often know no names outside, and some say
    /// so by silence; the answer is of use only where it comes at once.
    PROXIED_NAME_SECONDS = 2, "seconds";
    /// From the start of a request, connecting and TLS included, to the head of the response. Vision One gives up after 60 s itself.
    FIRST_BYTE_SECONDS = 70, "seconds";
    /// Between two parts of a response body.
    BETWEEN_BYTES_SECONDS = 20, "seconds";
    /// One whole exchange, whatever its pace: what a dripping server can cost.
    EXCHANGE_SECONDS = 120, "seconds";
    /// Idle connections are closed after this; load balancers drop them after 60 s or more.
    IDLE_CONNECTION_SECONDS = 30, "seconds";

    // Repeats by the transport.
    /// Times that one request is sent when the answer is 5xx or the connection is lost.
    TRANSPORT_ATTEMPTS = 4, "attempts";
    /// Times that one request is sent when the answer is 429: each wait is the server's own wish.
    THROTTLE_ATTEMPTS = 10, "attempts";
    /// First pause before a repeat; doubles each time, with jitter.
    BACKOFF_FIRST_MILLISECONDS = 250, "milliseconds";
    /// Longest pause between repeats that is ours to choose: Vision One counts its requests in windows of 60 s.
    BACKOFF_LONGEST_MILLISECONDS = 60_000, "milliseconds";

    /// From this on a wait is told to an operator who asked for no logs: a run that stands still should say why.
    WAIT_TOLD_SECONDS = 5, "seconds";

    /// A shorter wish of `Retry-After` is raised to the pause between repeats that is ours to choose: ten requests without a
    /// pause are what the service refused.
    RETRY_AFTER_LEAST_MILLISECONDS = 1_000, "milliseconds";

    // The end of a run that is stopped: by its operator, its deadline, or a limit of its requests.
    /// How long a stopped run waits for the answers to its requests in flight: ten times what a batch of 1,000 takes. What
    /// has no answer by then is reported as sent with an unknown outcome.
    ANSWER_WAIT_SECONDS = 30, "seconds";
    /// How long a component that is asked to end may go on without reporting anything, once no request is in flight.
    SETTLE_SECONDS = 5, "seconds";

    // Evidence.
    /// Texts of request bodies that are counted in one run, as digests of 8 bytes: a full block list with six fields each is
    /// 60,000.
    SENT_TEXTS = 200_000, "texts";
    /// Names of fields by which these are counted; Vision One has ten.
    SENT_FIELDS = 64, "names";
    /// Bytes of such a name.
    SENT_FIELD_BYTES = 64, "bytes";
    /// Bytes of a recording's entries, held in memory until the run is over: 10,000 exceptions are 5 MB, a full block list less.
    RECORDING_BYTES = 64 * MIB, "bytes";
    /// Entries of a recording: twice the requests that a run may send where nobody asks for another number.
    RECORDING_ENTRIES = 10_000, "entries";
    /// Bytes of a recording that is read: one of ours, indented and edited by hand, or one of a browser.
    RECORDING_READ_BYTES = 128 * MIB, "bytes";
    /// Bytes of each value that a difference between a request and its recording shows: two of them fit on a screen.
    DIFFERENCE_VALUE_BYTES = 120, "bytes";
    /// Shortest secret that is looked for inside words, Base64 and hexadecimal digits: a shorter one is six characters or less
    /// there, and occurs by chance.
    REDACTED_ENCODED_BYTES = 5, "bytes";
    /// Shortest part of a secret that is recognised alone. By chance, hexadecimal digits of 16 MiB hold one of the 50 parts of
    /// a secret of 64 such digits once in 20,000 million texts. Half of a secret of twice as many is found.
    REDACTED_FRAGMENT_BYTES = 16, "bytes";
    /// The same of a secret that is shorter than two of those: it has 20 parts at most, and hexadecimal digits of 16 MiB hold one
    /// of them once in 800,000 texts.
    REDACTED_SHORT_FRAGMENT_BYTES = 12, "bytes";
    /// Escapes around escapes that are followed when a secret is looked for: JSON in JSON in a URL in HTML has four.
    ESCAPE_NESTING = 4, "levels";
    /// Bytes that are searched for secrets by the thread that sends requests; more are searched beside it, for up to two seconds
    /// for each MiB of a response that is made to be slow.
    REDACTED_AT_ONCE_BYTES = 64 * KIB, "bytes";
    /// Steps of a search for secrets for each byte of its text; a text that needs more is withheld. Ordinary text takes less
    /// than 2, a response that is Base64 throughout less than 30, and a million steps take 20 ms.
    REDACTION_STEPS_PER_BYTE = 40, "steps";
    /// Steps that a search may take beyond those, so that a short text with many escapes is searched to its end.
    REDACTION_STEPS = 100_000, "steps";

    // Protected values.
    /// Bytes of one warning list: one of a million host names has 20 to 30 MB.
    WARNING_LIST_BYTES = 128 * MIB, "bytes";
    /// Bytes of one entry of a warning list: no value that could equal a longer one is taken by any service.
    WARNING_LIST_ENTRY_BYTES = 4 * KIB, "bytes";
    /// Substrings of all warning lists together: all are held in one automaton. Published lists have some hundreds.
    WARNING_LISTS_SUBSTRINGS = 100_000, "substrings";
    /// Regular expressions of all warning lists together: each is compiled at every start. Published lists have a few.
    WARNING_LISTS_REGEXES = 1_000, "expressions";
    /// Memory of one compiled regular expression, so that one entry cannot take what all of them may have together.
    WARNING_LIST_REGEX_BYTES = 2 * MIB, "bytes";
    /// Memory of all compiled regular expressions together: a sixth of the 400 MB that protected values may cost.
    WARNING_LISTS_REGEXES_BYTES = 64 * MIB, "bytes";
    /// Bytes of compiled lists, which a run holds in memory: 2,500,000 host names have 64 MB.
    COMPILED_LISTS_BYTES = 256 * MIB, "bytes";

    // Bundles.
    /// Size of a bundle's zip: a Python guest of 18 MB with room.
    BUNDLE_BYTES = 64 * MIB, "bytes";
    /// Entries in a bundle's zip; ours has nine.
    BUNDLE_ENTRIES = 64, "entries";
    /// Bytes of all entries together, decompressed.
    BUNDLE_UNPACKED_BYTES = 128 * MIB, "bytes";
    /// Times that an entry of a bundle may unpack to its own size. Deflate can reach 1,032; components and texts stay
    /// below 20, and what goes far beyond is made to exhaust its reader.
    BUNDLE_RATIO = 200, "times";
    /// Entries that unpack to at most this are not asked for their ratio: a short text of one letter has any.
    BUNDLE_RATIO_FREE_BYTES = MIB, "bytes";
    /// Components up to this size are packed without compression: to unpack 625 KB takes 1.6 ms of every start, and saves 400 KB
    /// of one download.
    COMPONENT_STORED_BYTES = MIB, "bytes";
    /// Bytes of the list of digests in a bundle, which is unpacked before its signature is verified: 64 lines with names of
    /// 900 bytes.
    DIGEST_LIST_BYTES = 64 * KIB, "bytes";
    /// Bytes of that list's signature: minisign's own limit is 8 KiB for the longer of its two comments.
    SIGNATURE_BYTES = 16 * KIB, "bytes";
    /// Bytes of the manifest: ours has 15 KB.
    MANIFEST_BYTES = MIB, "bytes";
    /// Bytes of a plan: 10,000 objects with what the service has of each come to some 12 MB.
    PLAN_BYTES = 256 * MIB, "bytes";
    /// Differences between a plan and the service that a message tells, the others are counted.
    DIFFERENCES_TOLD = 5, "differences";
    /// Bytes of a configuration file.
    CONFIGURATION_BYTES = MIB, "bytes";
    /// Bytes of a policy file: 5,000 protected values of 200 bytes each; longer lists belong into a compiled one.
    POLICY_BYTES = MIB, "bytes";
    /// Bytes of a file with certificates in PEM: the public authorities of an operating system, 150 with comments, have 250 KB.
    CERTIFICATES_BYTES = 4 * MIB, "bytes";
    /// Bytes of a file that holds a secret: a Vision One key has less than 2 KiB.
    SECRET_BYTES = 64 * KIB, "bytes";

    // The service.
    /// Idle connections for reading that the state keeps open; more are opened while more read at once.
    STORE_READERS = 8, "connections";
    /// How long a write waits for another process, such as a backup, to let go of the state.
    STORE_BUSY_SECONDS = 10, "seconds";
    /// Bytes of one piece of an uploaded file: what is held of it while it is read.
    STORE_PIECE_BYTES = 256 * KIB, "bytes";
    /// Memory of one argon2id hash, in KiB: 19 MiB with two passes is what OWASP recommends.
    PASSWORD_MEMORY_KIB = 19_456, "KiB";
    /// Passes of argon2id over its memory; belongs to the row above.
    PASSWORD_PASSES = 2, "passes";
    /// Passwords that are hashed at once: each takes a core for some 20 ms and 19 MiB.
    PASSWORD_PLACES = 2, "hashes";
    /// How long a log-in waits for one of those places before it is told to come back.
    PASSWORD_WAIT_SECONDS = 10, "seconds";
    /// Least length of a new password: long enough against guessing by what the throttle below lets through.
    PASSWORD_CHARACTERS = 12, "characters";
    /// Most bytes of a password: argon2id digests all of them, and nobody types more.
    PASSWORD_BYTES = KIB, "bytes";
    /// Failed log-ins for one name from one address within the window that delay nothing: somebody mistypes a password.
    LOG_IN_FREE_FAILURES = 5, "failures";
    /// Failed log-ins for one name from all addresses within the window that delay nothing.
    LOG_IN_FREE_FAILURES_OF_NAME = 20, "failures";
    /// Failed log-ins from one address within the window that delay nothing: an office behind one address has several names.
    LOG_IN_FREE_FAILURES_OF_ADDRESS = 50, "failures";
    /// Longest delay of a log-in for a name that failed often from the same address. With it, that address tries 30 passwords
    /// of that name in the window.
    LOG_IN_DELAY_SECONDS = 30, "seconds";
    /// Longest delay of a log-in where the name failed at other addresses, or the address with other names: the right password
    /// always gets through, a little later.
    LOG_IN_SHARED_DELAY_SECONDS = 4, "seconds";
    /// Log-ins from one address that are delayed at the same time. The next one is refused, with the time to retry.
    LOG_INS_DELAYED = 16, "log-ins";
    /// The window in which failed log-ins count.
    LOG_IN_WINDOW_SECONDS = 900, "seconds";
    /// Bytes of the form of a log-in or of a link: a name and a password. It is read before anybody is known.
    LOG_IN_FORM_BYTES = 16 * KIB, "bytes";
    /// How long refused log-ins and tokens of one kind, subject and address are counted together before the audit log gets one
    /// line for them.
    AUDIT_REFUSALS_SECONDS = 60, "seconds";
    /// Kinds, subjects and addresses of refusals that are counted apart at once; more share one line, so that nobody fills the
    /// audit log from outside: at most this many lines twice in a minute.
    AUDIT_REFUSALS = 64, "lines";
    /// Lines of the audit log in one answer of its export.
    AUDIT_EXPORT_LINES = 10_000, "lines";
    /// How often new lines of the audit log are looked for to be forwarded to syslog.
    SYSLOG_POLL_SECONDS = 1, "seconds";
    /// Lines that are forwarded to syslog before the place is remembered: what is sent again after a crash.
    SYSLOG_LINES_AT_ONCE = 100, "lines";
    /// Bytes of one message to syslog. RFC 5424 wants receivers to take 2,048 and lets them take more; a longer line loses what
    /// was before and after.
    SYSLOG_MESSAGE_BYTES = 8 * KIB, "bytes";
    /// How long connecting or sending to a syslog receiver may take.
    SYSLOG_SECONDS = 10, "seconds";
    /// How long a session of a browser lasts at most: a working day, and somebody logs in again in the morning.
    SESSION_SECONDS = 12 * 3_600, "seconds";
    /// How long an ended session is remembered: whoever then sends a form with it logs in again, and the form is done.
    SESSION_REMEMBERED_SECONDS = 24 * 3_600, "seconds";
    /// Forms that wait for their sender to log in again.
    KEPT_FORMS = 32, "forms";
    /// Bytes of one of them: a workflow with 16 actions has less.
    KEPT_FORM_BYTES = 256 * KIB, "bytes";
    /// Forms with files that wait in the same way: on the disk of the state, of at most 256 MiB each.
    KEPT_UPLOADS = 4, "forms";
    /// Bytes of a form with files in which its proof has to be: its first field, which our pages write first.
    KEPT_UPLOAD_HEAD_BYTES = 4 * KIB, "bytes";
    /// How long a form waits.
    KEPT_FORM_SECONDS = 1_800, "seconds";
    /// How long a session lasts without a request.
    SESSION_IDLE_SECONDS = 3_600, "seconds";
    /// How often the last use of a session is written at most: a write for each request would be too many.
    SESSION_USE_SECONDS = 60, "seconds";
    /// Characters that are kept of what a browser says that it is: longer than those of the usual browsers.
    SESSION_CLIENT_CHARACTERS = 200, "characters";
    /// How long a link for a new person or a new password is good for.
    LINK_SECONDS = 72 * 3_600, "seconds";
    /// Most days that a token of the API may last: who still needs it makes another.
    TOKEN_DAYS = 366, "days";
    /// How often the last use of a token is written down at most: a write for each request would be too many.
    TOKEN_USE_SECONDS = 60, "seconds";
    /// Characters of a name that somebody gives to a person or a token.
    NAME_CHARACTERS = 64, "characters";
    /// Requests of one token in a minute, beyond the burst below: a client that waits for a run asks four times in a second.
    TOKEN_REQUESTS_PER_MINUTE = 1_200, "requests";
    /// Requests of one token at once.
    TOKEN_REQUEST_BURST = 300, "requests";
    /// Requests of one session in a minute, beyond the burst below: 20 pages that are open at once ask every two seconds each.
    SESSION_REQUESTS_PER_MINUTE = 1_200, "requests";
    /// Requests of one session at once: a browser that restores its tabs.
    SESSION_REQUEST_BURST = 300, "requests";
    /// Bytes of a form or a JSON body; uploads have limits of their own.
    FORM_BYTES = MIB, "bytes";
    /// Bytes of all held bodies together: those of requests in progress and of uploaded bundles. Uploads to collections have
    /// places of their own. The next request is told to come back.
    BODIES_HELD_BYTES = 192 * MIB, "bytes";
    /// Bytes of that for uploaded bundles, from the first byte that arrives until the confirmation: two of full size, or eight of 16 MiB,
    /// and what is left for forms stays theirs.
    BODIES_OF_BUNDLES_BYTES = 128 * MIB, "bytes";
    /// Bytes of that for requests of nobody who is known: forms of log-ins.
    BODIES_OF_STRANGERS_BYTES = 8 * MIB, "bytes";
    /// Bytes of that from one address: 16 such forms of full size.
    BODIES_OF_STRANGER_BYTES = 256 * KIB, "bytes";
    /// Uploads to collections that are received at once: each is held until its files have been read.
    UPLOADS_AT_ONCE = 2, "uploads";
    /// Bytes that a client of HTTP/2 may send ahead of what is read, in a stream and in a connection.
    HTTP_WINDOW_BYTES = 256 * KIB, "bytes";
    /// Least bytes of an answer that is compressed.
    COMPRESSED_BYTES = KIB, "bytes";
    /// How long the answer to whether the state can be written stands: it takes a write to find out.
    READY_SECONDS = 5, "seconds";
    /// Bytes of a request's header.
    HTTP_HEAD_BYTES = 32 * KIB, "bytes";
    /// How long a client takes for a header or a TLS handshake, or lets a connection idle.
    HTTP_HEAD_SECONDS = 20, "seconds";
    /// A body or an answer that moves less than the row below in this time is given up: a dripping client holds no place.
    HTTP_STALL_SECONDS = 20, "seconds";
    /// Least bytes of a body in the time of the row above, unless it ends.
    HTTP_STALL_BYTES = 16 * KIB, "bytes";
    /// Connections at once. A browser has six, a client of the API one; each takes less than 100 KiB.
    HTTP_CONNECTIONS = 1_024, "connections";
    /// Connections at once from one address, or one network of IPv6, unless it is a trusted proxy: nobody alone takes all places.
    HTTP_CONNECTIONS_OF_ADDRESS = 128, "connections";
    /// Requests at once on one connection of HTTP/2.
    HTTP_STREAMS = 100, "requests";
    /// How long a request may be worked on before its answer begins.
    HTTP_ANSWER_SECONDS = 120, "seconds";
    /// How long open requests may take to end when the service stops.
    HTTP_DRAIN_SECONDS = 10, "seconds";
    /// Rows of a page of a list that the API hands out at most.
    API_PAGE_ROWS = 500, "rows";
    /// Rows of a page of a list where nobody asks for another number.
    PAGE_ROWS = 50, "rows";
    /// Characters of the text by which a value is found: longer than the URLs that people search for. An index holds one for
    /// each object of each run.
    SEARCH_KEY_CHARACTERS = 256, "characters";
    /// Characters of a search: the longest value that any accepted type has.
    SEARCH_CHARACTERS = 2_048, "characters";
    /// Matches of one kind that a search counts and pages through. Nobody reads further, and each different value is one look
    /// into an index: 1,000 need 3 ms.
    SEARCH_COUNTED = 1_000, "matches";
    /// Matches of each kind on the first page of a search.
    SEARCH_SHOWN = 10, "matches";
    /// Runs of one value that a search looks at, the latest first, to count them and to find its types.
    SEARCH_SIGHTINGS = 200, "runs";
    /// Runs whose names and reasons a search reads, the latest first: 10,000 need 10 ms.
    SEARCH_RUNS = 10_000, "runs";
    /// Objects of the uploaded files of one collection that a search finds: twenty full runs. They are written while the upload
    /// is, 100,000 in less than a second.
    SEARCH_FILE_OBJECTS = 200_000, "objects";
    /// Runs before and after its own that the page of an object lists.
    STORY_RUNS = 10, "runs";
    /// Characters of an idempotency key: a UUID has 36.
    IDEMPOTENCY_KEY_CHARACTERS = 128, "characters";
    /// How long the answer to a request with an idempotency key is kept.
    IDEMPOTENCY_SECONDS = 24 * 3_600, "seconds";
    /// Objects of one page of a live ThreatQ collection: as many as other clients of its API ask for at once. 10,000 objects
    /// come in 20 pages.
    THREATQ_PAGE_OBJECTS = 500, "objects";
    /// Bytes of one such page: 64 KiB for each object, twenty times the usual, and still read as a document that is held whole.
    /// A page that is larger is asked for again with half the objects.
    THREATQ_PAGE_BYTES = 32 * MIB, "bytes";
    /// Pages of one collection, a million objects: an appliance that always names another page would be asked for ever.
    THREATQ_PAGES = 2_000, "pages";
    /// Bytes of the mark that an appliance names its next page by, which becomes part of an address: usual ones have less than
    /// a hundred.
    THREATQ_MARK_BYTES = 4 * KIB, "bytes";
    /// Characters of a collection's id, which becomes part of an address: usual ones have 32.
    THREATQ_COLLECTION_CHARACTERS = 128, "characters";
    /// Bytes of a cron expression: all sixty minutes, one by one, have 169.
    CRON_EXPRESSION_BYTES = 512, "bytes";
    /// How far the next time of a cron expression is looked for: a leap day that is a Sunday comes after 40 years where the
    /// century has none, and each search is one of four years.
    CRON_YEARS = 44, "years";
    /// Ticks missed while the service was stopped that are counted one by one: a few weeks of hours. One run makes up for all.
    MISSED_TICKS = 1_000, "ticks";
    /// Bytes of a file that holds a key of the vault: 44 letters and a line break.
    VAULT_KEY_FILE_BYTES = KIB, "bytes";
    /// Characters of the name of a workflow or a collection: one line of a list.
    TITLE_CHARACTERS = 120, "characters";
    /// Actions of one workflow.
    WORKFLOW_STEPS = 16, "actions";
    /// Time for reading a live collection to its end: 1,000,000 objects in pages of a second each.
    COLLECTION_SECONDS = 3_600, "seconds";
    /// Time for a test of a connection: somebody is waiting for it.
    CONNECTION_TEST_SECONDS = 15, "seconds";
    /// Time from the request of a run to its end, waiting included. What takes longer than a day is late for the next one.
    RUN_DEADLINE_SECONDS = 86_400, "seconds";
    /// Time between two heartbeats of an activation, and so until a cancellation is noticed.
    HEARTBEAT_SECONDS = 1, "seconds";
    /// How often the embedded executor looks for tasks whose time has come.
    TASK_POLL_MILLISECONDS = 250, "milliseconds";
    /// Pause before an activation that failed for want of the state is tried again.
    ACTIVATION_RETRY_SECONDS = 5, "seconds";
    /// A wait imposed by a service that is longer than this is spent without holding a worker, where a step has not begun; one that
    /// has begun reads the service's list again if it is given up, which takes requests of the same budget.
    HELD_WAIT_SECONDS = 5, "seconds";
    /// How long a run waits for a list that another run pushes to before it looks again. The embedded executor hands it out
    /// earlier, as soon as the list is free.
    LIST_WAIT_SECONDS = 60, "seconds";
    /// Runs that are worked on at once: each holds a component of up to 128 MiB.
    RUN_WORKERS = 4, "runs";
    /// Days back that a filter can ask for: ten years of a threat-intelligence platform.
    FILTER_DAYS = 3_660, "days";
    /// Objects of a sorted list of a collection: they are sorted in memory, and nobody pages further. In the order of the source
    /// there is no such limit.
    SORTED_OBJECTS = 10_000, "objects";
    /// Objects that somebody can select for a manual run.
    SELECTED_OBJECTS = 10_000, "objects";
    /// Bytes of a form or a body that selects objects for a manual run: 10,000 addresses of 200 bytes are 2 MB, and a form writes
    /// some of their characters as three.
    SELECTION_BYTES = 8 * MIB, "bytes";
    /// Bytes of a workflow that is imported as YAML: 16 actions, each with lists of values of 250 KiB.
    WORKFLOW_FILE_BYTES = 4 * MIB, "bytes";
    /// Days after which runs that are over are removed.
    RUN_RETENTION_DAYS = 90, "days";
    /// How often runs that are due for it are removed.
    PRUNE_SECONDS = 60, "seconds";
    /// Runs that are removed in one transaction, so that nobody waits long for the state.
    RUNS_PRUNED_AT_ONCE = 20, "runs";
    /// Age from which a sealed secret that nothing names is removed: longer than any call that seals one and then writes who uses it.
    UNUSED_SECRET_SECONDS = 3_600, "seconds";
    /// How often schedules are looked at while nothing is due.
    SCHEDULE_POLL_SECONDS = 1, "seconds";
    /// Uploaded bundles that wait for a confirmation.
    PENDING_UPLOADS = 8, "bundles";
    /// How long an uploaded bundle waits for its confirmation.
    PENDING_UPLOAD_SECONDS = 1_800, "seconds";
    /// How long an upload of a bundle waits for a place beside others that arrive: less than a silent connection is kept.
    PENDING_WAIT_SECONDS = 10, "seconds";
    /// Time for reading a collection for a page that shows what it holds: somebody is waiting for it. A run has longer.
    PREVIEW_SECONDS = 60, "seconds";
    /// Bytes of the files that one upload brings to a collection: 1,000,000 indicators as ThreatQ exports them, without their
    /// attributes, have some 200 MB.
    COLLECTION_UPLOAD_BYTES = 256 * MIB, "bytes";
    /// How often a watcher of a run is told at least, where it changes without saying so.
    PROGRESS_SECONDS = 2, "seconds";
    /// Silence of a worker after which another takes over its run: many heartbeats, so that a busy machine is no frozen one.
    SILENCE_SECONDS = 60, "seconds";
    /// How long a run may wait before the overview calls for attention: longer than a run of 10,000 objects takes.
    LONG_WAIT_SECONDS = 600, "seconds";
    /// Time for one call that the command line makes to a service: an upload of the largest collection over a slow line.
    SERVICE_CALL_SECONDS = 600, "seconds";
    /// Bytes of an answer that the command line reads: a report of 10,000 objects with what the service has of each.
    SERVICE_ANSWER_BYTES = 256 * MIB, "bytes";
    /// How often the command line asks whether a run is over.
    SERVICE_POLL_MILLISECONDS = 500, "milliseconds";
    /// Time for one transfer of traces, where no variable names another: the default of OpenTelemetry.
    TRACES_EXPORT_SECONDS = 10, "seconds";
    /// How long the last traces may take when the service stops: half of what open requests have.
    TRACES_FLUSH_SECONDS = 5, "seconds";
    /// Bytes of an answer of the collector that are read: it says how many spans it refused, if any.
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
