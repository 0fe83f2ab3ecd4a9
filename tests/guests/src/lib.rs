//! What the guests share: the contract's bindings, the way through a collection, and one HTTP request.
//!
//! A guest is one file under `examples/`: a function of the type [`Run`], handed to [`guest!`]. Everything here behaves
//! well; the misbehaviour is in the guest's own file, and only the one that its name tells.

pub mod bindings;
mod configuration;
mod pages;
mod request;
mod validating;

pub use bindings::exports::palisade::action::action::{
    Context, Guest, RunError, Setting, SettingValue, Stop,
};
pub use bindings::palisade::action::log::Level;
pub use bindings::palisade::action::types::{Object, Outcome, Problem, Verdict};
pub use configuration::api_region;
pub use pages::{
    MIDDLE_PAGE_OBJECTS, accept, accept_all, accept_first_page, confirmed, every_page, outcome, problem,
    record, take_page,
};
pub use request::{Answer, RequestError, SUSPICIOUS_OBJECTS, begin, headers, request, send};

/// What a guest is: the contract's `run` without the action's id, which no guest looks at.
pub type Run = fn(&Context, &[Setting]) -> Result<(), RunError>;

/// Makes a component out of a function of the type [`Run`].
#[macro_export]
macro_rules! guest {
    ($run:path) => {
        struct Component;

        impl $crate::Guest for Component {
            fn run(
                _action_id: String,
                context: $crate::Context,
                configuration: Vec<$crate::Setting>,
            ) -> Result<(), $crate::RunError> {
                const RUN: $crate::Run = $run;
                RUN(&context, &configuration)
            }
        }

        $crate::bindings::export_bundle!(Component with_types_in $crate::bindings);
    };
}

/// Tells the operator something.
pub fn tell(level: Level, message: &str) {
    bindings::palisade::action::log::emit(level, message, &[]);
}
