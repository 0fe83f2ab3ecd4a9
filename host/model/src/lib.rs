//! The domain types that sources, runs, the service and the command line share. No input or output, and no other crate of the
//! workspace.
//!
//! A source reports one [`Record`] after the other and, at its end, a [`Summary`]. Errors implement [`Diagnostic`], so that every
//! surface shows code, message and hint in its own way.

#![warn(missing_docs)]

mod column;
mod diagnostic;
mod excerpt;
mod format;
mod found;
mod ids;
mod moment;
mod named;
mod note;
mod object;
mod outcome;
mod record;
mod setting;
mod source;
mod step_ending;
mod summary;
mod value;
mod verdict;
mod warnings;

pub use column::{Column, ColumnRole};
pub use diagnostic::Diagnostic;
pub use excerpt::{EXCERPT_CHARACTERS, excerpt};
pub use format::{Format, UnknownFormat};
pub use found::{Attribute, FoundBatch, FoundObject, Reference, Relation};
pub use ids::{
    Activation, BundleId, CollectionId, ConnectionId, FileId, RunId, SecretId, SessionId, TokenId, UserId,
    WorkflowId,
};
pub use moment::Moment;
pub use named::{Named, UnknownName};
pub use note::Note;
pub use object::{INDICATOR, Location, Object};
pub use outcome::{Artefact, Change, Comparison, Outcome, OutputValue, Submission};
pub use record::{DoNotBlock, LeftOut, Record, Unreadable};
pub use setting::{Setting, worded};
pub use source::{RecordSource, SourceError};
pub use step_ending::StepEnding;
pub use summary::Summary;
pub use value::Value;
pub use verdict::{Verdict, VerdictCounts};
pub use warnings::warnings;
