//! Which submissions go into one request: as many as fit, by number and by bytes, and how a batch is divided.

use crate::item::Item;

/// What one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Elements.
    pub objects: usize,
    /// Bytes of the whole body.
    pub bytes: usize,
}

/// Whether an item went into the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is in.
    Added,
    /// Not in this batch any more; it is in the next one.
    Full,
    /// Not even alone in a request.
    TooLarge,
}

/// The body of one request while it is being filled: a JSON array.
#[derive(Debug)]
pub struct Body {
    bytes: Vec<u8>,
    objects: usize,
    capacity: Capacity,
}

impl Body {
    /// An empty body.
    pub fn new(capacity: Capacity) -> Self {
        Self { bytes: vec![b'['], objects: 0, capacity }
    }

    /// Adds the item, if it fits.
    pub fn add(&mut self, item: &Item) -> Fit {
        if self.objects >= self.capacity.objects {
            return Fit::Full;
        }
        let before = self.bytes.len();
        if self.objects > 0 {
            self.bytes.push(b',');
        }
        let written = serde_json::to_writer(&mut self.bytes, item).is_ok();
        // One byte for the closing bracket.
        if written && self.bytes.len() < self.capacity.bytes {
            self.objects += 1;
            return Fit::Added;
        }
        self.bytes.truncate(before);
        if self.objects == 0 { Fit::TooLarge } else { Fit::Full }
    }

    /// Elements so far.
    pub const fn objects(&self) -> usize {
        self.objects
    }

    /// The finished JSON.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b']');
        self.bytes
    }
}

/// A batch in two halves, the first one not smaller; `None` for a batch that cannot be divided.
pub fn halves<T>(mut batch: Vec<T>) -> Result<(Vec<T>, Vec<T>), Vec<T>> {
    if batch.len() < 2 {
        return Err(batch);
    }
    let second = batch.split_off(batch.len().div_ceil(2));
    Ok((batch, second))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::item::{BlockFields, Field, Identifier};

    fn item(length: usize) -> Item {
        Item {
            identifier: Identifier { field: Field::Url, value: "u".repeat(length).into() },
            description: None,
            block: BlockFields::default(),
        }
    }

    proptest! {
        #[test]
        fn packing_loses_nothing_and_keeps_the_limits(
            lengths in proptest::collection::vec(0usize..300, 0..200),
            objects in 1usize..50,
            bytes in 20usize..2_000,
        ) {
            let capacity = Capacity { objects, bytes };
            let mut sent = Vec::new();
            let mut refused = 0usize;
            let mut body = Body::new(capacity);
            let mut finish = |body: Body| {
                let objects = body.objects();
                let json = body.finish();
                assert!(json.len() <= bytes && objects <= capacity.objects);
                let values: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
                assert_eq!(values.len(), objects);
                sent.extend(values.iter().map(|value| value["url"].as_str().unwrap().len()));
            };
            let mut expected = Vec::new();
            for length in &lengths {
                let fit = match body.add(&item(*length)) {
                    Fit::Full => {
                        finish(std::mem::replace(&mut body, Body::new(capacity)));
                        body.add(&item(*length))
                    }
                    fit => fit,
                };
                match fit {
                    Fit::Added => expected.push(*length),
                    Fit::TooLarge => refused += 1,
                    Fit::Full => prop_assert!(false, "an empty body is never full"),
                }
            }
            if body.objects() > 0 {
                finish(body);
            }
            prop_assert_eq!(&sent, &expected);
            prop_assert_eq!(sent.len() + refused, lengths.len());
        }

        #[test]
        fn halves_are_the_whole(batch in proptest::collection::vec(any::<u16>(), 0..40)) {
            match halves(batch.clone()) {
                Ok((first, second)) => {
                    prop_assert!(!second.is_empty() && first.len() - second.len() <= 1);
                    prop_assert_eq!([first, second].concat(), batch);
                }
                Err(whole) => {
                    prop_assert!(whole.len() < 2);
                    prop_assert_eq!(whole, batch);
                }
            }
        }
    }
}
