//! Reports the first page and ends its process, as a program would. The status that the host sees is 1 whatever is asked
//! for: `wasi:cli/exit` 0.2 knows success and failure only.

use palisade_guests::{Context, RunError, Setting, accept_first_page, guest};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_first_page(context);
    std::process::exit(3)
}

guest!(run);
