//! The zip: what is accepted stays inside of its directory and has the digests that it names, and without a trusted key
//! nothing is trusted.

use std::path::{Component, Path};

use palisade_bundle::{Bundle, DIGESTS_FILE, Digest, MANIFEST_FILE, SIGNATURE_FILE, Trust, TrustedBundle};

use crate::words::{check_code, check_lines};

/// The name under which errors speak of the input.
const NAME: &str = "input.zip";

pub(crate) fn check(bytes: &[u8]) -> bool {
    let nobody = Trust::default();
    assert!(TrustedBundle::from_bytes(bytes, NAME, &nobody).is_err(), "trusted, and no key is");
    let anybody = nobody.allow_unsigned();
    let is_let_pass = TrustedBundle::from_bytes(bytes, NAME, &anybody).is_ok();
    let bundle = match Bundle::from_bytes(bytes, NAME) {
        Ok(bundle) => bundle,
        Err(error) => {
            check_code(error.code());
            let message = error.to_string();
            assert!(message.contains(NAME), "{message:?} does not name the file");
            check_lines(&message);
            error.hint().iter().for_each(|hint| check_lines(hint));
            assert!(!is_let_pass, "refused, and let pass as unsigned");
            return false;
        }
    };
    assert_eq!(bundle.digest(), Digest::of(bytes));
    assert!(bundle.files().windows(2).all(|pair| pair[0].name < pair[1].name), "sorted, and no name twice");
    for entry in bundle.files() {
        let contents = bundle.file(&entry.name).expect("a file that is listed is there");
        assert_eq!(entry.size, contents.len() as u64);
        assert_eq!(entry.sha256, Digest::of(contents));
        let inside = |part| matches!(part, Component::Normal(_));
        assert!(Path::new(&entry.name).components().all(inside), "{:?} leads elsewhere", entry.name);
    }
    let sums = bundle.file(DIGESTS_FILE).expect("digests");
    let without_digest = 1 + usize::from(bundle.file(SIGNATURE_FILE).is_some());
    assert_eq!(sums.iter().filter(|byte| **byte == b'\n').count(), bundle.files().len() - without_digest);
    let manifest = bundle.file(MANIFEST_FILE).expect("a manifest");
    crate::manifest::check(manifest)
}
