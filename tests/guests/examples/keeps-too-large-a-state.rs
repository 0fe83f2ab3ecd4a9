//! Reports each object as pending, with a state of 100 kB.

fn judge(_state: Option<&[u8]>) -> Verdict {
    waits(vec![0; 100_000])
}

palisade_guests::resuming_guest!(judge);
