//! The manifest: what is accepted says the same when it is written out and read again, and what is refused is refused with a
//! place that exists.

use palisade_bundle::Manifest;

use crate::words::{check_code, check_lines, check_message};

/// The name under which errors speak of the input.
const NAME: &str = "manifest.yaml";

pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match Manifest::parse(text, NAME) {
        Ok(manifest) => {
            let written = serde_json::to_string(&manifest).expect("a manifest can be written");
            let read: Manifest = serde_json::from_str(&written).expect("what was written can be read");
            assert_eq!(read, manifest);
            assert!(manifest.actions.iter().all(|action| manifest.action(&action.id) == Some(action)));
            for action in &manifest.actions {
                let named: usize = action.sections.iter().map(|section| section.parameters.len()).sum();
                assert_eq!(action.parameters(&manifest).count(), named, "every parameter of a form exists");
                action.egress.iter().for_each(|asked| check_message(&asked.in_words(&manifest)));
            }
            true
        }
        Err(error) => {
            check_code(error.code());
            check_lines(&error.to_string());
            error.hint().iter().for_each(|hint| check_lines(hint));
            let lines = text.split(['\n', '\r']).count() as u64;
            assert!(error.faults().count() > 0, "an error without a fault");
            for fault in error.faults() {
                assert_eq!(fault.place.file, NAME);
                assert!((1..=lines + 1).contains(&fault.place.line), "{fault} is beyond {lines} lines");
                assert!(fault.place.column >= 1);
                check_code(fault.code());
            }
            false
        }
    }
}
