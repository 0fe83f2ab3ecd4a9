//! The product from end to end: the built binary and the built zip against a simulator over TLS. One module for each
//! behaviour.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

mod answers;
mod architecture;
mod archive;
mod bad_bundle;
mod bad_configuration;
mod batches;
mod cancel;
mod collection;
mod compile_bomb;
mod contract_page;
mod deadline;
mod dist;
mod divided_batches;
mod documentation;
mod dry_run;
mod duplicates;
mod expected;
mod formats;
mod full_list;
mod generate;
mod guests;
mod idna;
mod inspect;
mod ipv6;
mod known_good;
mod languages;
mod list_limit;
mod mixed_batch;
mod new_project;
mod options;
mod output;
mod output_files;
mod pack;
mod plan;
mod policy;
mod prioritised;
mod protected;
mod recording;
mod report_file;
mod response;
mod secrets;
mod signed;
mod terminal;
mod unending_input;
mod url_scheme;
mod usage;
mod validate;
