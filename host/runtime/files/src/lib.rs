//! How the host reads and writes the files that an operator names.
//!
//! Input is bounded in size and comes from files and pipes, never from a device. Output replaces a regular file only when it is
//! complete; pipes, devices and symbolic links stay what they are.

#![warn(missing_docs)]

mod identity;
mod input;
mod output;

pub use identity::Identity;
pub use input::{ReadFault, open, read, read_text};
pub use output::{Output, STANDARD_OUTPUT};
