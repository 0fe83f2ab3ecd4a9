-- The state of the service, version 1. Times are milliseconds since 1970 in UTC. JSON is text. Nothing here is an extension
-- of SQLite's but WITHOUT ROWID, which PostgreSQL does not need, and AUTOINCREMENT, an identity column there: the number of
-- something that was removed is never that of something else.

-- Integrations -----------------------------------------------------------------------------------------------------------

CREATE TABLE bundles (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    bundle       TEXT    NOT NULL,              -- the manifest's id
    version      TEXT    NOT NULL,
    digest       TEXT    NOT NULL UNIQUE,       -- SHA-256 of the zip
    title        TEXT    NOT NULL,
    publisher    TEXT    NOT NULL,
    signed_by    TEXT,                          -- name of the trusted key; none where unsigned was allowed
    current      INTEGER NOT NULL,              -- 1 for the version that new workflows get
    installed_at INTEGER NOT NULL,
    installed_by TEXT    NOT NULL,
    zip          BLOB    NOT NULL
);
CREATE INDEX bundles_by_bundle ON bundles (bundle, current);

-- Where a service is and the credential for it, entered once and shared by actions and workflows.
CREATE TABLE connections (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE,
    kind          TEXT    NOT NULL,             -- what it connects to: the id of the bundle whose actions can use it
    configuration TEXT    NOT NULL,             -- JSON: parameter to value, or to {"secret": id}
    created_at    INTEGER NOT NULL,
    created_by    TEXT    NOT NULL,
    modified_at   INTEGER NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,   -- raised by each change: an edit names the version it began with
    tested        TEXT                          -- JSON: result of the last test; removed by each change
);

-- What an action's form holds for future workflows.
CREATE TABLE action_defaults (
    bundle        TEXT NOT NULL,
    action        TEXT NOT NULL,
    connection    INTEGER REFERENCES connections (id) ON DELETE SET NULL,
    configuration TEXT NOT NULL,                -- JSON: parameter to value, without those of the connection
    version       INTEGER NOT NULL DEFAULT 1,   -- raised by each change, also of the connection: an edit names the version it began with
    PRIMARY KEY (bundle, action)
);
CREATE INDEX action_defaults_by_connection ON action_defaults (connection);

-- Sealed before they get here: this table never holds a readable secret.
CREATE TABLE secrets (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    label      TEXT    NOT NULL,                -- what it is for, bound to the sealed bytes
    key        TEXT    NOT NULL,                -- which key sealed it
    sealed     BLOB    NOT NULL,
    created_at INTEGER NOT NULL
);

-- Collections ------------------------------------------------------------------------------------------------------------

CREATE TABLE collections (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE,
    description TEXT    NOT NULL,
    source      TEXT    NOT NULL,               -- JSON: uploaded files, or a live connection
    filter      TEXT    NOT NULL,               -- JSON
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    modified_at INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,     -- raised by each change: an edit names the version it began with
    counted     TEXT                            -- JSON: how many objects were found when it was last read
);

CREATE TABLE files (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    collection  INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    digest      TEXT    NOT NULL,
    uploaded_at INTEGER NOT NULL
);
CREATE INDEX files_by_collection ON files (collection);

CREATE TABLE file_chunks (
    file  INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    data  BLOB    NOT NULL,
    PRIMARY KEY (file, place)
) WITHOUT ROWID;

-- The objects of uploaded files, for the search. The files have the rest of them.
CREATE TABLE file_objects (
    file       INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    place      INTEGER NOT NULL,                -- from 1 on, in the order of the file
    subtype    TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    search_key TEXT    NOT NULL,                -- one text for all spellings of the value
    PRIMARY KEY (file, place)
) WITHOUT ROWID;
CREATE INDEX file_objects_by_key ON file_objects (search_key, file, place);

-- Workflows --------------------------------------------------------------------------------------------------------------

CREATE TABLE workflows (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    description  TEXT    NOT NULL,
    collection   INTEGER REFERENCES collections (id),
    schedule     TEXT    NOT NULL,              -- JSON
    takes        TEXT    NOT NULL,              -- all, changed
    evictions    INTEGER,                       -- existing entries a run may displace; NULL for no limit
    enabled      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT    NOT NULL,
    modified_at  INTEGER NOT NULL,
    anchor       INTEGER NOT NULL,              -- periods of the schedule are counted from here
    next_tick    INTEGER,                       -- when the schedule is due next
    cursor       TEXT,                          -- JSON: the last object that a run took
    version      INTEGER NOT NULL DEFAULT 1     -- raised by each change: an edit names the version it began with
);
CREATE INDEX workflows_by_tick ON workflows (enabled, next_tick);
CREATE INDEX workflows_by_collection ON workflows (collection);

CREATE TABLE workflow_steps (
    workflow      INTEGER NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    place         INTEGER NOT NULL,
    bundle        INTEGER NOT NULL REFERENCES bundles (id),
    action        TEXT    NOT NULL,
    connection    INTEGER REFERENCES connections (id),
    configuration TEXT    NOT NULL,             -- JSON: parameter to value, without those of the connection
    PRIMARY KEY (workflow, place)
) WITHOUT ROWID;
CREATE INDEX workflow_steps_by_bundle ON workflow_steps (bundle);
CREATE INDEX workflow_steps_by_connection ON workflow_steps (connection);

-- What of an object the workflow has brought to its end: "changed since the last success" is what differs from it.
CREATE TABLE marks (
    workflow INTEGER NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    object   BLOB    NOT NULL,                  -- digest of type and value
    content  BLOB    NOT NULL,                  -- digest of everything about it, and of what is done with it
    PRIMARY KEY (workflow, object)
) WITHOUT ROWID;

-- Runs -------------------------------------------------------------------------------------------------------------------

CREATE TABLE runs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow      INTEGER REFERENCES workflows (id) ON DELETE SET NULL,
    workflow_name TEXT    NOT NULL,
    origin        TEXT    NOT NULL,             -- schedule, run-now, manual, retry
    requested_by  TEXT    NOT NULL,
    tick          TEXT    UNIQUE,               -- name of the schedule's tick: no two runs of one
    retry_of      INTEGER REFERENCES runs (id) ON DELETE SET NULL,
    dry_run       INTEGER NOT NULL,
    evictions     INTEGER,                      -- as the workflow had it
    collection    TEXT    NOT NULL,             -- its name at that time
    phase         TEXT    NOT NULL,             -- queued, waiting, running, ended
    status        TEXT,                         -- once it has ended
    cause         TEXT,                         -- what an issue is about: input, policy, service, stopped
    reason        TEXT,                         -- why it waits, or why it ended so
    hint          TEXT,
    waits_until   INTEGER,                      -- when it goes on, if that is known
    created_at    INTEGER NOT NULL,
    started_at    INTEGER,
    ended_at      INTEGER,
    deadline_at   INTEGER NOT NULL,
    objects       INTEGER,                      -- how many it took; none until they are taken
    not_offered   INTEGER NOT NULL DEFAULT 0,   -- what lay beyond Objects Per Run
    selection     TEXT                          -- JSON: files read, records left out, how objects were chosen
);
CREATE INDEX runs_by_workflow ON runs (workflow, id);
CREATE INDEX runs_by_phase ON runs (phase, id);
CREATE INDEX runs_by_end ON runs (ended_at);
CREATE INDEX runs_by_creation ON runs (created_at, status, cause);
-- What failed is sent again once: what fails once more is the retry's to retry.
CREATE UNIQUE INDEX runs_by_retry ON runs (retry_of);

-- The executor's own table: identifiers and timers, and no word of what a run is about.
CREATE TABLE tasks (
    run          INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    lane         TEXT    NOT NULL,              -- one task of a lane is worked on at a time, in their order
    tenant       TEXT    NOT NULL,              -- tenants take turns
    state        TEXT    NOT NULL,              -- ready, active, ended
    epoch        INTEGER NOT NULL,              -- raised by every activation: only the last one may write
    wake_at      INTEGER NOT NULL,
    heartbeat_at INTEGER,
    deadline_at  INTEGER NOT NULL,
    cancelled    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX tasks_by_state ON tasks (state, wake_at);
CREATE INDEX tasks_by_lane ON tasks (lane, state, run);

CREATE TABLE tenants (
    tenant    TEXT    PRIMARY KEY,
    turn      INTEGER NOT NULL                  -- of its last activation
);

-- The run that pushes to a list of a service. Valid while the activation that has it has its task.
CREATE TABLE list_leases (
    list  TEXT    PRIMARY KEY,
    run   INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX list_leases_by_run ON list_leases (run);

-- Runs that wait for such a list.
CREATE TABLE list_waits (
    run  INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    list TEXT    NOT NULL
);

CREATE TABLE run_steps (
    run           INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place         INTEGER NOT NULL,
    bundle        INTEGER REFERENCES bundles (id) ON DELETE SET NULL,
    bundle_name   TEXT    NOT NULL,
    version       TEXT    NOT NULL,
    digest        TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    connection    INTEGER REFERENCES connections (id) ON DELETE SET NULL,
    configuration TEXT    NOT NULL,             -- JSON: parameter to value, with those of the connection, without secrets
    phase         TEXT    NOT NULL,             -- open, ended
    ended_how     TEXT,
    code          TEXT,
    message       TEXT,
    hint          TEXT,
    cause         TEXT,                         -- as in runs
    started_at    INTEGER,
    ended_at      INTEGER,
    traffic       TEXT,                         -- JSON
    warnings      TEXT,                         -- JSON
    in_hand       INTEGER NOT NULL DEFAULT 0,   -- place up to which an action had the objects that did not put them down
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE INDEX run_steps_by_bundle ON run_steps (bundle);
CREATE INDEX run_steps_by_connection ON run_steps (connection);

CREATE TABLE run_objects (
    run         INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place       INTEGER NOT NULL,               -- from 1 on, in the order in which they are offered
    subtype     TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    platform_id TEXT,
    file        TEXT    NOT NULL,
    location    TEXT    NOT NULL,
    record      TEXT    NOT NULL,               -- JSON: all that is known of it
    search_key  TEXT    NOT NULL,               -- one text for all spellings of the value
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE INDEX run_objects_by_key ON run_objects (search_key, run, place);

CREATE TABLE verdicts (
    run         INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step        INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    verdict     TEXT    NOT NULL,               -- accepted, planned, skipped, rejected, failed
    code        TEXT,
    message     TEXT,
    submissions TEXT    NOT NULL,               -- JSON
    decided_at  INTEGER NOT NULL,
    PRIMARY KEY (run, step, place)
) WITHOUT ROWID;
CREATE INDEX verdicts_by_kind ON verdicts (run, step, verdict, place);

-- The sums of the table above, kept by the same transactions: a page that lists runs does not count a million rows.
CREATE TABLE verdict_counts (
    run     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step    INTEGER NOT NULL,
    verdict TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (run, step, verdict)
) WITHOUT ROWID;

CREATE TABLE run_events (
    run     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    step    INTEGER,
    kind    TEXT    NOT NULL,
    message TEXT    NOT NULL,
    PRIMARY KEY (run, place)
) WITHOUT ROWID;

CREATE TABLE run_recordings (
    run   INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step  INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    har   BLOB    NOT NULL,                     -- HTTP Archive, without secrets, compressed
    PRIMARY KEY (run, step, epoch)
) WITHOUT ROWID;

-- What lists of services held when a run read them last, by the action's word. Goes with that run.
CREATE TABLE holdings (
    tenant  TEXT    NOT NULL,                   -- the connection: whose lists these are
    bundle  TEXT    NOT NULL,                   -- the manifest's id
    service TEXT    NOT NULL,                   -- where the lists are
    list    TEXT    NOT NULL,
    field   TEXT    NOT NULL,                   -- the type that is counted; empty where all are counted together
    entries INTEGER NOT NULL,
    most    INTEGER,                            -- what the service keeps of it at most; none where that is not known
    run     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, bundle, service, list, field)
) WITHOUT ROWID;
CREATE INDEX holdings_by_run ON holdings (run);

-- People -----------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL UNIQUE,
    role       TEXT    NOT NULL,                -- administrator, operator, viewer
    password   TEXT,                            -- argon2id; none until it is set by the link
    enabled    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    logged_in_at   INTEGER,                     -- the last log-in
    logged_in_from TEXT                         -- its address
);

-- Digests of what the browser or the client holds, never the thing itself.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    digest     BLOB    NOT NULL UNIQUE,
    user       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    csrf       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,                -- to the minute
    expires_at INTEGER NOT NULL,
    address    TEXT,                            -- of the last use
    client     TEXT    NOT NULL                 -- what the browser says that it is
);
CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE links (
    digest     BLOB    PRIMARY KEY,
    user       INTEGER REFERENCES users (id) ON DELETE CASCADE, -- who chooses a password; NULL for the first administrator
    expires_at INTEGER NOT NULL
);
CREATE INDEX links_by_user ON links (user);

CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    digest     BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    user       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    parent     INTEGER REFERENCES tokens (id) ON DELETE CASCADE -- the token it was created with
);
CREATE INDEX tokens_by_parent ON tokens (parent);

CREATE TABLE log_in_failures (
    subject TEXT    NOT NULL,                   -- a name or an address
    at      INTEGER NOT NULL
);
CREATE INDEX log_in_failures_by_subject ON log_in_failures (subject, at);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    what    TEXT    NOT NULL,                   -- stable: workflow.created, integration.installed
    subject TEXT    NOT NULL,
    before  TEXT,                               -- JSON, never with a secret
    after   TEXT,
    address TEXT,                               -- where the request came from; none for the schedule and the command line
    user    INTEGER,                            -- who, by number: a name may be somebody else's later. No reference: a line outlives them
    subject_user INTEGER                        -- the same for a person to whom it was done
);
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_kind ON audit (what);
CREATE INDEX audit_by_person ON audit (who);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TABLE idempotency (
    who        TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    request    BLOB    NOT NULL,                -- digest of method, path and body
    status     INTEGER NOT NULL,
    answer     TEXT    NOT NULL,
    location   TEXT,                            -- where the created resource is
    created_at INTEGER NOT NULL,
    PRIMARY KEY (who, key)
);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
