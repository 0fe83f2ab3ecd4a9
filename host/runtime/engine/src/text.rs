//! Texts of a component, cut to their limit: whatever it says, a report stays a size that people and programs can read.

use palisade_limits as limits;

/// A text of a component, cut at [`limits::TEXT_BYTES`].
#[must_use]
pub fn cut(mut text: String) -> String {
    let limit = limits::TEXT_BYTES as usize;
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_stays_as_it_is() {
        assert_eq!(cut("as it is".to_owned()), "as it is");
    }
}
