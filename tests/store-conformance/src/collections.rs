//! Collections and their files.

use std::io::Read as _;

use palisade_store::{FileReader, FileWriter, NewCollection, StoreError, Wait as _};
use serde_json::json;

use crate::Place;
use crate::given::{file, now};

pub fn an_uploaded_file_comes_back_byte_for_byte_and_replaces_the_ones_before(place: &dyn Place) {
    let store = &*place.open();
    let (source, filter) = (json!({ "kind": "files" }), json!({}));
    let new = NewCollection { name: "All".to_owned(), description: String::new(), source, filter };
    let id = store.add_collection(&new, "ada", now()).wait().unwrap();
    let content: Vec<u8> = (0..700_001_u32).map(|number| (number % 251) as u8).collect();
    let mut writer = FileWriter::default();
    content.chunks(77_777).for_each(|piece| writer.push(piece));
    assert_eq!(writer.bytes(), content.len() as u64);
    store.replace_files(id, vec![file("a.bin", writer)], None, None, now()).wait().unwrap();
    let files = store.files(id).wait().unwrap();
    let mut read = Vec::new();
    FileReader::new(place.open(), files[0].id).read_to_end(&mut read).unwrap();
    assert!(read == content);
    store.replace_files(id, vec![file("b.bin", FileWriter::default())], None, None, now()).wait().unwrap();
    let names: Vec<String> = store.files(id).wait().unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["b.bin"]);
    assert!(matches!(store.add_collection(&new, "ada", now()).wait(), Err(StoreError::Taken { .. })));
}
