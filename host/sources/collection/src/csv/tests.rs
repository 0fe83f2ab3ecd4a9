//! Whole CSV files, as text.

use proptest::prelude::*;

use super::*;
use palisade_model::{Format, Object};

fn read_text(text: &[u8]) -> Result<Vec<Record>, ReadError> {
    let mut records = Vec::new();
    let mut sink = |record| records.push(record);
    let mut emitter = Emitter::new("list.csv".to_owned(), Format::Csv, &mut sink);
    read(text, &Columns::default(), &mut emitter)?;
    emitter.finish()?;
    Ok(records)
}

fn objects(text: &str) -> Vec<Object> {
    read_text(text.as_bytes())
        .unwrap()
        .into_iter()
        .map(|record| match record {
            Record::Object(object) => object,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn columns_become_the_fields_of_the_object() {
    let read = objects(
        "id;Type;Value;Status;Score;Comment;Tags;Campaign\r\n\
         17;domain;evil[.]com;Active;9.5;\"a; b\";x, y;Spring\r\n",
    );
    let mut expected = Object::indicator("FQDN", "evil.com", Location::Line(2));
    expected.platform_id = Some("17".to_owned());
    expected.status = Some("Active".to_owned());
    expected.score = Some(9.5);
    expected.description = Some("a; b".to_owned());
    expected.tags = vec!["x".to_owned(), "y".to_owned()];
    expected.attributes = vec![("Campaign".to_owned(), "Spring".to_owned())];
    assert_eq!(read, [expected]);
}

#[test]
fn without_a_type_it_is_guessed() {
    let read = objects("indicator\nevil.com\n192.0.2.1\n\nhxxp://evil[.]com/x\n");
    let found: Vec<_> = read.iter().map(|object| (object.subtype.as_str(), &object.location)).collect();
    assert_eq!(
        found,
        [("FQDN", &Location::Line(2)), ("IP Address", &Location::Line(3)), ("URL", &Location::Line(5))]
    );
}

#[test]
fn a_column_named_after_a_type_gives_it_to_all_its_values() {
    for (text, expected) in [
        ("url,first_seen\nhttp://evil.com/a,2024\n", ("URL", "http://evil.com/a")),
        ("Domain;type\nevil[.]zip;phishing\n", ("FQDN", "evil.zip")),
        ("domain\n192.0.2.1\n", ("IP Address", "192.0.2.1")),
        ("host\n192.0.2.1\n", ("IP Address", "192.0.2.1")),
        ("hostname\nevil.com\n", ("FQDN", "evil.com")),
        ("IP Address\n2001:db8::1\n", ("IPv6 Address", "2001:db8::1")),
        ("sha256\nabc\n", ("SHA-256", "abc")),
        ("address\n2001:db8::1\n", ("IPv6 Address", "2001:db8::1")),
        ("hash\nd41d8cd98f00b204e9800998ecf8427e\n", ("MD5", "d41d8cd98f00b204e9800998ecf8427e")),
        ("email\na[at]evil.com\n", ("Email Address", "a@evil.com")),
    ] {
        let read = objects(text);
        assert_eq!((read[0].subtype.as_str(), read[0].value.as_str()), expected, "{text}");
    }
}

#[test]
fn several_columns_named_after_types_are_an_error_that_names_them() {
    let error = read_text(b"name,url,domain\nx,y,z\n").unwrap_err();
    assert_eq!(error.code(), "collection-csv-several-values");
    let message = error.to_string();
    assert!(message.contains("`url`, `domain`") && message.contains("`value`"), "{message}");
}

#[test]
fn a_name_that_may_be_a_file_or_a_domain_needs_a_type() {
    let records = read_text(b"value,type\ninvoice.zip,\ninvoice.zip,domain\n").unwrap();
    assert!(
        matches!(&records[0], Record::Unreadable(bad) if bad.message.contains("may be a file or a domain"))
    );
    assert!(matches!(&records[1], Record::Object(object) if object.subtype == "FQDN"));
}

#[test]
fn an_unknown_type_stays_and_its_value_is_not_touched() {
    let read = objects("type,value\nMutex,Global\\.[x]\n");
    assert_eq!((read[0].subtype.as_str(), read[0].value.as_str()), ("Mutex", "Global\\.[x]"));
}

#[test]
fn a_quoted_field_may_hold_lines_and_the_next_record_still_has_its_number() {
    let read = objects("value,comment\nevil.com,\"one\ntwo \"\"three\"\"\"\nevil.net,x\n");
    assert_eq!(read[0].description.as_deref(), Some("one\ntwo \"three\""));
    assert_eq!(read[1].location, Location::Line(4));
}

#[test]
fn bad_records_are_named_by_line_and_reading_goes_on() {
    let records =
        read_text(b"value,type\n,domain\nevil.com,domain,too,many\n\xFF\xFE,domain\nevil.net,domain,,\n")
            .unwrap();
    let lines: Vec<_> = records
        .iter()
        .map(|record| match record {
            Record::Unreadable(bad) => (bad.location.to_string(), true),
            Record::Object(object) => (object.location.to_string(), false),
            Record::LeftOut(left) => panic!("{left:?}"),
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("line 2".to_owned(), true),
            ("line 3".to_owned(), true),
            ("line 4".to_owned(), true),
            ("line 5".to_owned(), false)
        ]
    );
}

#[test]
fn a_line_longer_than_a_record_is_passed_over() {
    let limit = usize::try_from(palisade_limits::RECORD_BYTES).unwrap();
    let text = format!("value,type\n{},domain\nevil.com,domain\n", "x".repeat(limit + 10));
    let records = read_text(text.as_bytes()).unwrap();
    assert!(matches!(&records[0], Record::Unreadable(bad) if bad.location == Location::Line(2)));
    assert!(matches!(&records[1], Record::Object(object) if object.value == "evil.com"));
}

#[test]
fn a_quote_that_never_ends_is_an_error_that_names_where_it_began() {
    let error = read_text(b"value,comment\nevil.com,x\nevil.net,\"open\nevil.org,x\n").unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
}

#[test]
fn a_header_without_a_value_is_an_error_that_says_which_names_are_understood() {
    for text in ["name,kind\nx,y\n", "", "# only a comment\n"] {
        let error = read_text(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "collection-csv-header");
        assert!(error.to_string().contains("`indicator`"), "{error}");
    }
}

#[test]
fn what_is_not_for_detection_is_left_out() {
    let records = read_text(b"uuid,type,value,to_ids\nu1,domain,evil.com,0\nu2,domain,evil.net,1\n").unwrap();
    assert!(matches!(&records[0], Record::LeftOut(left) if left.code == "not-for-detection"));
    assert!(matches!(&records[1], Record::Object(_)));
}

#[test]
fn a_score_that_is_no_number_is_kept_as_an_attribute() {
    let read = objects("value,score\nevil.com,high\n");
    assert_eq!(read[0].score, None);
    assert_eq!(read[0].attributes, [("Score".to_owned(), "high".to_owned())]);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut text = b"value,type,comment\n".to_vec();
        text.extend(body);
        let _ = read_text(&text);
    }

    #[test]
    fn what_is_quoted_comes_back(comment in "[a-z\",;\r\n]{0,20}[a-z]") {
        let text = format!("value,comment\nevil.com,\"{}\"\n", comment.replace('"', "\"\""));
        let read = objects(&text);
        let expected = comment.replace("\r\n", "\n");
        prop_assert_eq!(read[0].description.as_deref(), Some(expected.trim()));
    }
}

#[test]
fn a_column_of_any_name_is_named_on_one_short_line_that_steers_no_terminal() {
    let name = format!("va\u{1b}lue{}", "_".repeat(500));
    let records = read_text(format!("{name},type\n,FQDN\n").as_bytes()).unwrap();
    let [Record::Unreadable(unreadable)] = records.as_slice() else { panic!("{records:?}") };
    assert!(unreadable.message.starts_with("nothing in the column `va lue"), "{}", unreadable.message);
    assert!(!unreadable.message.chars().any(char::is_control) && unreadable.message.len() < 200);
}

#[test]
fn the_columns_of_a_file_are_told_with_what_is_read_and_what_is_not() {
    let text = "sha256,c2 address,score,seen\n{hash},198.51.100.7,7,monday\n{hash},198.51.100.8,8,tuesday\n"
        .replace("{hash}", &"ab".repeat(32));
    let source = crate::Source::reader("list.csv", std::io::Cursor::new(text.clone()));
    let summary = crate::read(source, palisade_model::Format::Csv, &mut |_| ()).unwrap();
    let told = |summary: &palisade_model::Summary| {
        let column = |column: &palisade_model::Column| {
            (column.name.clone(), column.role.map(palisade_model::ColumnRole::name), column.unread)
        };
        summary.columns.iter().map(column).collect::<Vec<_>>()
    };
    let row = |name: &str, role, unread| (name.to_owned(), role, unread);
    assert_eq!(
        told(&summary),
        [
            row("sha256", Some("value"), 0),
            row("c2 address", None, 2),
            row("score", Some("score"), 0),
            row("seen", None, 0)
        ]
    );
    let mut reading = crate::Reading::from(palisade_model::Format::Csv);
    reading.columns.assign("value=C2 address").unwrap();
    let source = crate::Source::reader("list.csv", std::io::Cursor::new(text));
    let summary = crate::read(source, reading, &mut |_| ()).unwrap();
    assert_eq!(told(&summary)[..2], [row("sha256", None, 2), row("c2 address", Some("value"), 0)]);
}
