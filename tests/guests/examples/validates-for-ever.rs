//! Never comes to a judgement on its configuration: it computes, and never calls the host.

fn judge() -> Vec<Reason> {
    loop {
        std::hint::spin_loop();
    }
}

palisade_guests::validating_guest!(judge);
