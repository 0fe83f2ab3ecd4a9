//! What the guests share: the contract's bindings, the way through a collection, and one HTTP request.
//!
//! A guest is one file under `examples/`: a function of the type [`Run`], passed to [`guest!`]. Everything here behaves
//! well. The misbehaviour is in the guest's own file, and is the one that its name states.

pub mod bindings;
mod configuration;
mod pages;
mod request;
mod resuming;
mod validating;

pub use bindings::exports::palisade::action::action::{Guest, RunError, Stop};
pub use bindings::palisade::action::log::Level;
pub use bindings::palisade::action::model::{Attribute, Offered, Outcome, Reason, Value, Verdict};
pub use configuration::api_region;
pub use pages::{
    MIDDLE_PAGE_OBJECTS, accept, accept_all, accept_first_page, confirmed, every_page, outcome, reason,
    record, take_page,
};
pub use request::{Answer, RequestError, SUSPICIOUS_OBJECTS, begin, headers, request, send};

/// What a guest is: the contract's `run` without the action's id, which no guest looks at.
pub type Run = fn(&[Attribute]) -> Result<(), RunError>;

/// Makes a component out of a function of the type [`Run`].
#[macro_export]
macro_rules! guest {
    ($run:path) => {
        struct Component;

        impl $crate::Guest for Component {
            fn run(
                _action_id: String,
                configuration: Vec<$crate::Attribute>,
            ) -> Result<(), $crate::RunError> {
                const RUN: $crate::Run = $run;
                RUN(&configuration)
            }
        }

        $crate::bindings::export_bundle!(Component with_types_in $crate::bindings);
    };
}

/// Sends the operator a message.
pub fn tell(level: Level, message: &str) {
    bindings::palisade::action::log::emit(level, message, &[]);
}
