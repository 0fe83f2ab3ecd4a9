//! Guests of the world `validating-bundle`. They have bindings of their own, because a component has one world only: such a
//! guest uses nothing of this crate but [`validating_guest!`](crate::validating_guest).

/// Makes a component out of a function that judges its configuration, given as the body of `validate`. Its `run` does
/// nothing. The bindings are in the module `bindings`.
#[macro_export]
macro_rules! validating_guest {
    ($judge:path) => {
        /// Generated; outside of the project's own rules.
        #[allow(
            unsafe_code,
            unreachable_pub,
            missing_docs,
            rust_2018_idioms,
            clippy::all,
            clippy::restriction
        )]
        mod bindings {
            wit_bindgen::generate!({
                path: "../../wit",
                world: "palisade:action/validating-bundle",
                generate_all,
            });

            use super::Component;
            export!(Component);
        }

        use bindings::exports::palisade::action::{action, validation};
        use bindings::palisade::action::model::{Attribute, Reason};

        struct Component;

        impl action::Guest for Component {
            fn run(
                _action_id: String,
                _configuration: Vec<Attribute>,
            ) -> Result<(), action::RunError> {
                Ok(())
            }
        }

        impl validation::Guest for Component {
            fn validate(_action_id: String, _configuration: Vec<Attribute>) -> Vec<Reason> {
                const JUDGE: fn() -> Vec<Reason> = $judge;
                JUDGE()
            }
        }
    };
}
