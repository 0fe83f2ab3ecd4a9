//! Reports the first page and ends its process, as a program would. The status that the host sees is 1 whatever is asked
//! for: `wasi:cli/exit` 0.2 knows success and failure only.

use palisade_guests::{Attribute, RunError, accept_first_page, guest};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    std::process::exit(3)
}

guest!(run);
