//! Reports each object as pending in `run` and in the first `resume`, and confirms it in the second. Counts in the object's
//! state, and in a static variable that a new instance does not have.

use std::sync::atomic::{AtomicU8, Ordering};

/// Activations of this instance.
static ACTIVATIONS: AtomicU8 = AtomicU8::new(0);

fn judge(state: Option<&[u8]>) -> Verdict {
    if state.is_none() {
        ACTIVATIONS.fetch_add(1, Ordering::Relaxed);
        return waits(b"1".to_vec());
    }
    let is_new = ACTIVATIONS.load(Ordering::Relaxed) == 0;
    match state {
        Some(b"1") if is_new => waits(b"2".to_vec()),
        Some(b"2") if is_new => Verdict::Accepted,
        _ => {
            let message = "the instance is an earlier one, or the state is another".to_owned();
            Verdict::Rejected(Reason { code: "not-resumed".to_owned(), message })
        }
    }
}

palisade_guests::resuming_guest!(judge);
