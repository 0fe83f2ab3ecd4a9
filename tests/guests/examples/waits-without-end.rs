//! Reports each object as pending, whatever its state is.

fn judge(_state: Option<&[u8]>) -> Verdict {
    waits(Vec::new())
}

palisade_guests::resuming_guest!(judge);
