//! What is done with people and their tokens, for page and API alike: judged, done, and written to the audit log. Denied by
//! default: a change that would leave nobody who can administer, a token that may more than its owner, a secret in the log.

mod accounts;
mod links;
mod log_in;
mod names;
mod refusals;
mod sessions;
mod tokens;

pub(crate) use accounts::{
    Changed, Person, State, change, change_password, delete, invite, list, new_link, one,
};
pub use links::recovery_link;
pub(crate) use links::{Opened, accept, opened};
pub(crate) use log_in::log_in;
use names::checked as name_of;
pub(crate) use names::spelled;
pub use refusals::write_at_the_end as write_refusals_at_the_end;
pub(crate) use refusals::{Refusals, Refused, note as note_refusal, write_all as write_refusals};
pub(crate) use sessions::{Open, end as end_session, end_all as end_sessions, of as sessions_of};
pub(crate) use tokens::{
    NewToken, create as create_token, of as tokens_of, one as token, revoke as revoke_token,
};
