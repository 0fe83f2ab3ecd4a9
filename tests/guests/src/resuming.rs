//! Guests of the world `resuming-bundle`. They have bindings of their own, because a component has one world only: such a
//! guest uses nothing of this crate but [`resuming_guest!`](crate::resuming_guest).

/// Makes a component out of a function that decides what each object becomes, given its state: none in `run`. The bindings
/// are in the module `bindings`.
#[macro_export]
macro_rules! resuming_guest {
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
                world: "palisade:action/resuming-bundle",
                generate_all,
            });

            use super::Component;
            export!(Component);
        }

        use bindings::exports::palisade::action::{action, continuation};
        use bindings::palisade::action::model::{Attribute, Outcome, Pending, Reason, Verdict};
        use bindings::palisade::action::{collection, results};

        struct Component;

        impl action::Guest for Component {
            fn run(_action_id: String, _configuration: Vec<Attribute>) -> Result<(), action::RunError> {
                every_page();
                Ok(())
            }
        }

        impl continuation::Guest for Component {
            fn resume(_action_id: String, _configuration: Vec<Attribute>) -> Result<(), action::RunError> {
                every_page();
                Ok(())
            }
        }

        /// Reports every object of the activation.
        fn every_page() {
            const JUDGE: fn(Option<&[u8]>) -> Verdict = $judge;
            loop {
                let page = collection::next(u32::MAX);
                if page.is_empty() {
                    return;
                }
                let outcome = |offered: &bindings::palisade::action::model::Offered| Outcome {
                    key: offered.key,
                    verdict: JUDGE(offered.state.as_deref()),
                    submissions: Vec::new(),
                    outputs: Vec::new(),
                    downloads: Vec::new(),
                };
                results::record(&page.iter().map(outcome).collect::<Vec<_>>());
            }
        }

        /// An object that waits with this state.
        fn waits(state: Vec<u8>) -> Verdict {
            let reason = Reason { code: "queued".to_owned(), message: "the task is queued".to_owned() };
            Verdict::Pending(Pending { state, reason, poll_after: 0, give_up_after: None })
        }
    };
}
