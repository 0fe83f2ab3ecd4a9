//! What bounds the simulator itself, each with its reason. The limits of the *service* that it plays are settings
//! (`settings::Limits`); these are not, because no client may make the simulator grow or hang without end.

use std::time::Duration;

/// The largest request body that is read at all, in bytes. Bodies between the service's own limit and this one are read to
/// their end, so that a client which writes before it reads still sees the 413 and not a broken connection.
pub(crate) const BODY_READ_BYTES: usize = 64 * 1024 * 1024;

/// How long a TLS handshake may take. A client that connects and says nothing must not hold a task for ever.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long an HTTP/1.1 connection may stay without a complete request head. Longer than any client's pool keeps one.
pub(crate) const HEAD: Duration = Duration::from_secs(120);

/// The longest `TMV1-Filter`, in characters, as the API reference states it (section 3.4).
pub(crate) const FILTER_CHARACTERS: usize = 4000;

/// How deep parentheses and `not` may nest in a filter: the parser calls itself once for each level.
pub(crate) const FILTER_DEPTH: usize = 64;

/// The longest `orderBy`, in characters (section 3.4).
pub(crate) const ORDER_CHARACTERS: usize = 30;

/// The largest `top` that lenient paging honours: the largest that the service documents.
pub(crate) const TOP: usize = 200;

/// The longest description of a task, in characters (response actions, section 1).
pub(crate) const TASK_DESCRIPTION_CHARACTERS: usize = 20_480;

/// The longest note, in characters (response actions, section 9).
pub(crate) const NOTE_CHARACTERS: usize = 500_000;

/// How many URLs one submission to the sandbox may have (response actions, section 8).
pub(crate) const SANDBOX_URLS: usize = 10;

/// The longest password of a file for the sandbox, in bytes before it is encoded (section 8).
pub(crate) const SANDBOX_PASSWORD_BYTES: usize = 128;

/// The longest arguments of a file for the sandbox, in bytes before they are encoded (section 8).
pub(crate) const SANDBOX_ARGUMENT_BYTES: usize = 1024;
