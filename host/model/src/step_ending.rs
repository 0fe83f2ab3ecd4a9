//! How the work of one action on the objects of a run ended.

use crate::named::named;

named! {
    /// How a step ended.
    StepEnding {
        /// The action worked through its objects.
        Completed = "completed",
        /// The action stopped, for example because the service refuses the credential.
        Stopped = "stopped",
        /// The host ended the action: a trap, a limit, the deadline, a refused request, a broken rule, the operator.
        Early = "early",
        /// The action did not begin, because an earlier step or the run had ended.
        NotBegun = "not-begun",
    }
}
