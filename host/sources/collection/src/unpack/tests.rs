//! Compressed input of every kind, whole and broken.

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use crate::{ReadError, Source, read};
use palisade_model::{Location, Record, Summary};

const LIST: &[u8] = b"value,type\na.example,domain\nb.example,domain\n";

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// How an entry of a zip is written.
#[derive(Clone, Copy, Default)]
struct Form {
    method: u16,
    flags: u16,
    /// Sizes follow the content: with how many bytes.
    behind: usize,
}

const DEFLATED: Form = Form { method: 8, flags: 0, behind: 0 };

/// A zip of these files.
fn zip(files: &[(&str, &[u8], Form)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content, form) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let packed = if form.method == 8 { deflated(content) } else { content.to_vec() };
        let length = u32::try_from(packed.len()).unwrap();
        let size = u32::try_from(content.len()).unwrap();
        let flags = form.flags | if form.behind > 0 { 8 } else { 0 };
        let known = form.behind == 0;
        let mut fields = Vec::new();
        for field in [20, flags, form.method, 0, 0] {
            fields.extend(field.to_le_bytes());
        }
        let sizes = [crc.sum(), length, size];
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        sizes.iter().for_each(|field| bytes.extend(if known { *field } else { 0 }.to_le_bytes()));
        bytes.extend(name_length);
        bytes.extend([0, 0]);
        bytes.extend(name.as_bytes());
        bytes.extend(packed);
        if form.behind % 8 == 0 && form.behind > 0 {
            bytes.extend(b"PK\x07\x08");
        }
        if form.behind > 0 {
            bytes.extend(crc.sum().to_le_bytes());
            for field in [length, size] {
                if form.behind >= 20 {
                    bytes.extend(u64::from(field).to_le_bytes());
                } else {
                    bytes.extend(field.to_le_bytes());
                }
            }
        }
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&fields);
        sizes.iter().for_each(|field| directory.extend(field.to_le_bytes()));
        directory.extend(name_length);
        directory.extend([0; 16]);
        directory.extend(name.as_bytes());
    }
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 18]);
    bytes
}

fn read_bytes(bytes: Vec<u8>) -> (Vec<String>, Result<Summary, ReadError>) {
    let mut values = Vec::new();
    let source = Source::reader("list.packed", Cursor::new(bytes));
    let result = read(source, None, &mut |record| match record {
        Record::Object(object) => values.push(object.value),
        other => panic!("{other:?}"),
    });
    (values, result)
}

#[test]
fn gzip_and_a_zip_of_one_file_are_read_like_the_file_in_them() {
    let two_parts = [gzip(&LIST[..20]), gzip(&LIST[20..])].concat();
    let directory = Form::default();
    for (what, bytes) in [
        ("gzip", gzip(LIST)),
        ("gzip in two parts", two_parts),
        ("zip, stored", zip(&[("list.csv", LIST, Form::default())])),
        ("zip", zip(&[("list.csv", LIST, DEFLATED)])),
        ("zip in a directory", zip(&[("x/", b"", directory), ("x/list.csv", LIST, DEFLATED)])),
        ("zip, sizes behind", zip(&[("list.csv", LIST, Form { behind: 16, ..DEFLATED })])),
        ("zip, sizes behind without signature", zip(&[("list.csv", LIST, Form { behind: 12, ..DEFLATED })])),
        ("zip, wide sizes behind", zip(&[("list.csv", LIST, Form { behind: 24, ..DEFLATED })])),
        ("zip, wide sizes without signature", zip(&[("list.csv", LIST, Form { behind: 20, ..DEFLATED })])),
        ("gzip with a mark", gzip(&[b"\xEF\xBB\xBF", LIST].concat())),
    ] {
        let (values, result) = read_bytes(bytes);
        result.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(values, ["a.example", "b.example"], "{what}");
    }
}

#[test]
fn a_place_in_compressed_input_is_one_of_the_file_in_it() {
    let mut location = None;
    let source = Source::reader("x", Cursor::new(gzip(LIST)));
    read(source, None, &mut |record| match record {
        Record::Object(object) => location = Some(object.location),
        other => panic!("{other:?}"),
    })
    .unwrap();
    assert_eq!(location, Some(Location::Line(3)));
}

#[test]
fn what_cannot_be_unpacked_is_named() {
    let good = zip(&[("list.csv", LIST, DEFLATED)]);
    let mut wrong_checksum = zip(&[("list.csv", LIST, Form::default())]);
    let content = wrong_checksum.windows(9).position(|window| window == b"a.example").unwrap();
    wrong_checksum[content] = b'z';
    let encrypted = Form { flags: 1, ..DEFLATED };
    for (what, bytes, named) in [
        ("gzip, cut off", gzip(LIST)[..30].to_vec(), "damaged"),
        ("gzip with other bytes behind", [gzip(LIST), b"more".to_vec()].concat(), "damaged"),
        ("gzip, not its method", b"\x1F\x8B\x07\0\0\0\0\0\0\0\0\0\0\0".to_vec(), "damaged"),
        ("gzip in gzip", gzip(&gzip(LIST)), "compressed again"),
        ("zip in gzip", gzip(&good), "compressed again"),
        ("gzip in zip", zip(&[("list.csv.gz", &gzip(LIST), DEFLATED)]), "compressed again"),
        ("zip, cut off in its file", good[..45].to_vec(), "damaged"),
        ("zip without its directory", good[..good.len() - 80].to_vec(), "damaged"),
        ("zip, another checksum", wrong_checksum, "checksum"),
        ("zip of two files", zip(&[("a", LIST, DEFLATED), ("b", LIST, DEFLATED)]), "more than one file"),
        (
            "zip of two files, sizes behind",
            zip(&[("a", LIST, Form { behind: 16, ..DEFLATED }), ("b", LIST, DEFLATED)]),
            "more than one file",
        ),
        (
            "zip of two files of one name",
            zip(&[("a", LIST, DEFLATED), ("a", LIST, DEFLATED)]),
            "more than one file",
        ),
        ("zip with a password", zip(&[("list.csv", LIST, encrypted)]), "`list.csv` in it is encrypted"),
        ("zip with AES", zip(&[("list.csv", LIST, Form { method: 99, ..Form::default() })]), "encrypted"),
        (
            "zip, another method",
            zip(&[("list.csv", LIST, Form { method: 12, ..Form::default() })]),
            "method 12",
        ),
        ("empty zip", zip(&[]), "holds no file"),
        ("zip of directories", zip(&[("x/", b"", Form::default())]), "holds no file"),
        ("sheet", zip(&[("[Content_Types].xml", LIST, DEFLATED)]), "office document"),
    ] {
        let (_, result) = read_bytes(bytes);
        let error = result.expect_err(what);
        assert_eq!(error.code(), "collection-packed", "{what}: {error}");
        assert!(
            error.to_string().contains(named) && error.to_string().contains("list.packed"),
            "{what}: {error}"
        );
        assert!(error.hint().is_some());
    }
}

#[test]
fn empty_input_in_gzip_is_empty() {
    assert_eq!(read_bytes(gzip(b"")).1.unwrap_err().code(), "collection-empty");
}

#[test]
fn a_bomb_ends_at_its_ratio() {
    let lines = std::io::repeat(b'\n').take(20 * 1024 * 1024);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut { lines }, &mut encoder).unwrap();
    let mut bytes = encoder.finish().unwrap();
    assert!(bytes.len() < 80_000, "{}", bytes.len());
    // A list in front of it, so that it is worth reading on.
    bytes = [gzip(LIST), bytes].concat();
    let (values, result) = read_bytes(bytes);
    assert_eq!(values.len(), 2);
    assert!(result.unwrap_err().to_string().contains("times its size"));
}
