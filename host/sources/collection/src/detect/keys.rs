//! The keys of a JSON text that may be cut off or broken anywhere: just enough of a scanner to see what a file is.

/// A key with what can be seen of its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key<'text> {
    /// Objects around the key, itself included; lists do not count.
    pub(super) depth: usize,
    /// The key as it is written, escapes included.
    pub(super) name: &'text str,
    /// How its value begins.
    pub(super) value: KeyValue<'text>,
}

/// How a value begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyValue<'text> {
    /// With `{`.
    Object,
    /// With `[`.
    List,
    /// A string.
    Text(&'text str),
    /// Anything else, or not there any more.
    Other,
}

/// All keys, in order, as far as the text goes.
pub(super) fn keys(text: &[u8]) -> Vec<Key<'_>> {
    let mut keys = Vec::new();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' => depth = depth.saturating_add(1),
            b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                let Some((name, after)) = string(after) else { break };
                rest = after;
                if let Some(value) = after.trim_ascii_start().strip_prefix(b":") {
                    // The value itself is scanned in its turn.
                    rest = value;
                    let value = match value.trim_ascii_start().split_first() {
                        Some((b'{', _)) => KeyValue::Object,
                        Some((b'[', _)) => KeyValue::List,
                        Some((b'"', value)) => {
                            string(value).map_or(KeyValue::Other, |(text, _)| KeyValue::Text(text))
                        }
                        _ => KeyValue::Other,
                    };
                    keys.push(Key { depth, name, value });
                }
            }
            _ => {}
        }
    }
    keys
}

/// A string up to its closing quote, and what follows; none if it is cut off or not UTF-8.
fn string(text: &[u8]) -> Option<(&str, &[u8])> {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    let (string, rest) = text.split_at_checked(end)?;
    Some((std::str::from_utf8(string).ok()?, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_found_with_their_depth_also_in_what_is_cut_off() {
        let found = keys(br#"[{"a":"x:\"y","b":[{"c":{"d":1"#);
        let shown: Vec<_> = found.iter().map(|key| (key.depth, key.name)).collect();
        assert_eq!(shown, [(1, "a"), (1, "b"), (2, "c"), (3, "d")]);
        assert_eq!(found[0].value, KeyValue::Text("x:\\\"y"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(text in proptest::collection::vec(any::<u8>(), 0..100), more in r#"[{}\[\]":,\\a]{0,60}"#) {
            let _ = keys(&text);
            let _ = keys(more.as_bytes());
        }
    }
}
