//! Reports each object as pending, with a state of a megabyte.

fn judge(_state: Option<&[u8]>) -> Verdict {
    waits(vec![0; 1_000_000])
}

palisade_guests::resuming_guest!(judge);
