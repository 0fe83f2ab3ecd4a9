//! What the simulators have in common: an authority with a certificate that exist for one run, listening on the loopback,
//! bodies that break off, what was received, and what a program does that others start. Denied by default: any address that is not one of this machine alone, and secrets on the
//! command line or in the output.

mod body;
mod error;
mod generated;
mod identity;
mod listening;
pub mod program;
mod record;

pub use body::{AnswerBody, BrokeOff, Delivery, PAUSE, Source};
pub use error::StartError;
pub use generated::GeneratedFile;
pub use identity::{Identity, random};
pub use listening::{bind, serve};
pub use record::{Received, Records, Refused};
