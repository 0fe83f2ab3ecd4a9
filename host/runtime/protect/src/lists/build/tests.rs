//! Tests of compiling and loading: what goes in comes out, what cannot be used is told, and bad files are refused.

use proptest::prelude::*;

use super::*;
use crate::canonical::read;
use crate::kind::Kind;

fn list(name: &str, list_type: &str, attributes: &[&str], entries: &[&str]) -> String {
    serde_json::json!({
        "name": name, "version": 3, "description": "", "type": list_type,
        "matching_attributes": attributes, "list": entries,
    })
    .to_string()
}

fn compiled(lists: &[String]) -> CompiledLists {
    let mut builder = Builder::new();
    for (place, list) in lists.iter().enumerate() {
        builder.add(&format!("{place}.json"), list.as_bytes()).unwrap();
    }
    builder.finish().unwrap().load().unwrap()
}

fn find(lists: &CompiledLists, subtype: &str, value: &str) -> Option<(String, String)> {
    let kind = Kind::of(subtype);
    lists.find(kind, &read(kind, value))
}

fn hit(list: &str, entry: &str) -> Option<(String, String)> {
    Some((list.to_owned(), entry.to_owned()))
}

#[test]
fn each_type_of_list_catches_as_misp_does() {
    let lists = compiled(&[
        list("hosts", "hostname", &["domain", "url"], &[".bank.test", "8.8.4.4"]),
        list("strings", "string", &["domain", "sha256", "url"], &["Top.test", &"AB".repeat(32)]),
        list("networks", "cidr", &["ip-dst"], &["1.0.0.0/8", "1.2.3.0/24", "8.8.8.8", "2001:4860::/32"]),
        list("parts", "substring", &["url"], &["/Wiki/"]),
        list("expressions", "regex", &["email-src"], &[r"/^(noc|abuse)\@.*\..*$/i"]),
    ]);
    for (subtype, value, expected) in [
        ("FQDN", "bank.test", hit("hosts", "bank.test")),
        ("FQDN", "www.Bank.test.", hit("hosts", "bank.test")),
        ("FQDN", "notbank.test", None),
        ("FQDN", "test", None),
        ("URL", "http://login.bank.test/x", hit("hosts", "bank.test")),
        ("URL", "http://8.8.4.4/x", hit("hosts", "8.8.4.4")),
        ("FQDN", "top.test", hit("strings", "top.test")),
        ("FQDN", "www.top.test", None),
        ("URL", "https://top.test/", hit("strings", "top.test")),
        ("URL", "https://top.test/x", None),
        ("SHA-256", &"ab".repeat(32), hit("strings", &"ab".repeat(32))),
        ("IP Address", "1.2.3.4", hit("networks", "1.0.0.0/8")),
        ("IP Address", "8.8.8.8", hit("networks", "8.8.8.8")),
        ("IP Address", "8.8.8.9", None),
        ("IPv6 Address", "2001:4860:4860::8888", hit("networks", "2001:4860::/32")),
        ("IPv6 Address", "::ffff:8.8.8.8", hit("networks", "8.8.8.8")),
        ("CIDR Block", "1.2.3.128/25", hit("networks", "1.0.0.0/8")),
        ("CIDR Block", "0.0.0.0/7", hit("networks", "1.0.0.0/8")),
        ("CIDR Block", "8.8.8.0/24", hit("networks", "8.8.8.8")),
        ("CIDR Block", "8.8.9.0/24", None),
        ("CIDR Block", "2001::/16", hit("networks", "2001:4860::/32")),
        ("URL", "http://x.test/a/wiki/b", hit("parts", "/Wiki/")),
        ("URL", "http://x.test/a/wikis/b", None),
        ("Email Address", "Abuse@x.test", hit("expressions", r"/^(noc|abuse)\@.*\..*$/i")),
        ("Email Address", "a@x.test", None),
    ] {
        assert_eq!(find(&lists, subtype, value), expected, "{subtype} {value}");
    }
    assert_eq!(lists.lists().len(), 5);
    assert_eq!(lists.entries(), 10);
}

#[test]
fn a_list_is_asked_only_about_what_it_is_about() {
    let lists = compiled(&[
        list("for domains", "hostname", &["domain"], &["shared.test"]),
        list("for hashes", "string", &["md5"], &["bank.test"]),
        list("for all", "hostname", &[], &["bank.test"]),
    ]);
    assert_eq!(find(&lists, "FQDN", "shared.test"), hit("for domains", "shared.test"));
    assert_eq!(find(&lists, "URL", "http://shared.test/x"), None);
    assert_eq!(find(&lists, "URL", "http://bank.test/x"), hit("for all", "bank.test"));
    assert_eq!(find(&lists, "FQDN", "bank.test"), hit("for all", "bank.test"));
    // A sender is not blocked with its domain, so the domain does not protect it.
    assert_eq!(find(&lists, "Email Address", "a@bank.test"), None);
}

#[test]
fn types_without_a_meaning_of_their_own_are_compared_as_a_whole() {
    let lists = compiled(&[
        list("files", "string", &["filename"], &["setup.exe"]),
        list("parts", "substring", &[], &["setup"]),
    ]);
    assert_eq!(find(&lists, "Filename", "Setup.exe"), hit("files", "setup.exe"));
    assert_eq!(find(&lists, "Filename", "setup.exe.bak"), None);
}

#[test]
fn misps_older_forms_are_read() {
    let mut builder = Builder::new();
    builder.add("1.json", br#"{"name":"no type","list":["a.test"]}"#).unwrap();
    builder
        .add("2.json", b"\xef\xbb\xbf{\"name\":\"array\",\"type\":[\"hostname\"],\"list\":[\"b.test\"]}")
        .unwrap();
    builder
        .add(
            "3.json",
            br#"{"name":"comments","type":"hostname","version":"7","list":{"c.test":"a comment"}}"#,
        )
        .unwrap();
    let built = builder.finish().unwrap();
    assert_eq!(built.warnings, []);
    assert_eq!(built.lists.iter().map(|list| list.version.as_str()).collect::<Vec<_>>(), ["", "", "7"]);
    let lists = built.load().unwrap();
    for (value, list) in [("a.test", "no type"), ("x.b.test", "array"), ("x.c.test", "comments")] {
        assert_eq!(find(&lists, "FQDN", value).map(|(list, _)| list).as_deref(), Some(list));
    }
    assert_eq!(find(&lists, "FQDN", "x.a.test"), None);
}

#[test]
fn what_cannot_be_used_is_told_with_its_list_and_entry() {
    let mut builder = Builder::new();
    builder.add("n.json", list("nets", "cidr", &[], &["10.0.0.0/99", "1.1.1.1"]).as_bytes()).unwrap();
    builder.add("r.json", list("odd", "regex", &[], &["/(/"]).as_bytes()).unwrap();
    builder.add("t.json", list("new", "bloom", &[], &["a", "b"]).as_bytes()).unwrap();
    builder.add("m.json", br#"{"name":"mixed","list":[1,null,{"a":[2]},"a.test",true,1.5,[3]]}"#).unwrap();
    let many: Vec<String> = (0..150).map(|number| format!("bad host {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    builder.add("h.json", list("hosts", "hostname", &[], &many).as_bytes()).unwrap();
    let told: Vec<String> = builder.warnings().iter().map(ToString::to_string).collect();
    for expected in [
        "warning list `nets` (`n.json`): the entry `10.0.0.0/99` is neither a network nor an address",
        "warning list `odd` (`r.json`): the entry `/(/` is not a valid regular expression: unclosed group",
        "warning list `new` (`t.json`) is left out with its 2 entries: its type `bloom` is not one of cidr, \
         hostname, string, substring and regex",
        "warning list `mixed` (`m.json`): the entry `(no text)` is not a text",
        "warning list `hosts` (`h.json`): the entry `bad host 0` is not a host name",
        "warning list `hosts` (`h.json`) has 50 further entries that cannot be used",
    ] {
        assert!(told.iter().any(|found| found == expected), "{expected}\n{told:#?}");
    }
    assert_eq!(told.len(), 1 + 1 + 1 + 6 + 101);
    assert!(find(&builder.finish().unwrap().load().unwrap(), "IP Address", "1.1.1.1").is_some());
}

#[test]
fn a_file_that_is_no_warning_list_is_named_with_its_place() {
    for (bytes, message) in [
        (
            &b"{\n  \"name\": \"x\",\n  oops"[..],
            "`x.json` line 3, column 3 is not a MISP warning list: key must be a string",
        ),
        (b"{\"list\":[]}", "`x.json` line 1, column 11 is not a MISP warning list: missing field `name`"),
        (b"{\"name\":\"x\"}", "`x.json` line 1, column 12 is not a MISP warning list: missing field `list`"),
        (
            b"[]",
            "`x.json` line 1, column 2 is not a MISP warning list: invalid length 0, expected an object with",
        ),
        (b"{\"name\":\"x\",\"list\":7}", "`x.json` line 1, column 20 is not a MISP warning list"),
    ] {
        let error = Builder::new().add("x.json", bytes).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(error.code(), "not-a-warning-list");
    }
    assert_eq!(Builder::new().finish().unwrap_err().code(), "warning-lists-empty");
}

#[test]
fn a_list_or_all_lists_together_that_are_too_large_are_refused() {
    let code = |bytes: &[u8]| Builder::new().add("x.json", bytes).unwrap_err().code();
    // Noughts are never written to, and cost no memory.
    let limit = usize::try_from(WARNING_LIST_BYTES).unwrap();
    assert_eq!(code(&vec![0; limit]), "not-a-warning-list");
    assert_eq!(code(&vec![0; limit + 1]), "warning-list-too-large");
    for (list_type, limit) in [("substring", WARNING_LISTS_SUBSTRINGS), ("regex", WARNING_LISTS_REGEXES)] {
        let entries: Vec<String> = (0..limit).map(|number| format!("e{number}")).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let mut builder = Builder::new();
        builder.add("1.json", list("all", list_type, &[], &entries).as_bytes()).unwrap();
        let error = builder.add("2.json", list("more", list_type, &[], &["one"]).as_bytes()).unwrap_err();
        assert_eq!(error.code(), "too-many-patterns");
        assert!(error.to_string().starts_with("`2.json` brings the lists to more than"), "{error}");
    }
}

#[test]
fn as_many_warnings_as_are_listed_are_listed_and_no_others_told_of() {
    let limit = usize::try_from(WARNINGS_LISTED).unwrap();
    for (bad, told) in [(limit - 1, limit - 1), (limit, limit), (limit + 1, limit + 1)] {
        let entries: Vec<String> = (0..bad).map(|number| format!("bad host {number}")).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let mut builder = Builder::new();
        builder.add("h.json", list("hosts", "hostname", &[], &entries).as_bytes()).unwrap();
        assert_eq!(builder.warnings().len(), told);
        let further = builder.warnings().iter().filter(|warning| warning.entry.is_none()).count();
        assert_eq!(further, usize::from(bad > limit), "{bad}");
    }
}

#[test]
fn a_damaged_or_foreign_file_is_refused_with_its_reason() {
    let mut builder = Builder::new();
    builder.add("x", list("hosts", "hostname", &[], &["bank.test"]).as_bytes()).unwrap();
    let bytes = builder.finish().unwrap().bytes;
    let code = |bytes: Vec<u8>| {
        CompiledLists::from_bytes("lists", bytes).map_err(|error| (error.code(), error.to_string()))
    };
    for (bytes, expected) in [
        (Vec::new(), "`lists` is not a file of compiled lists"),
        (b"PK\x03\x04".to_vec(), "`lists` is not a file of compiled lists"),
        ([&bytes[..16], &[2, 0, 0, 0], &bytes[20..]].concat(), "have format 2; this version reads format 1"),
        (bytes[..bytes.len() - 1].to_vec(), "are damaged: it is cut off"),
        ([&bytes[..], b"x"].concat(), "are damaged: there are bytes after its end"),
    ] {
        let (_, message) = code(bytes).unwrap_err();
        assert!(message.ends_with(expected), "{message}");
    }
    for place in 60..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert_eq!(
            code(changed).unwrap_err().1,
            "the compiled lists `lists` are damaged: its checksum is another"
        );
    }
    assert!(code(bytes).is_ok());
}

/// The file with another last part, and the checksum of somebody who knows the format.
fn resealed(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let contents = &bytes[60.min(bytes.len())..];
    let mut file = bytes[..20].to_vec();
    file.extend_from_slice(&(contents.len() as u64).to_le_bytes());
    file.extend_from_slice(&Sha256::digest(contents));
    file.extend_from_slice(contents);
    file
}

#[test]
fn a_catalogue_that_names_a_list_that_is_not_there_is_refused() {
    let mut builder = Builder::new();
    builder.add("x", list("parts", "substring", &[], &["bank"]).as_bytes()).unwrap();
    let bytes = builder.finish().unwrap().bytes;
    let [catalogue, names, wholes, v4, v6] = file::sections("x", &bytes).unwrap();
    let with = |change: fn(&mut Catalogue)| {
        let mut changed: Catalogue = serde_json::from_slice(&bytes[catalogue.clone()]).unwrap();
        change(&mut changed);
        let json = serde_json::to_vec(&changed).unwrap();
        let sections = [&names, &wholes, &v4, &v6].map(|section| &bytes[section.clone()]);
        let file = file::write([&json, sections[0], sections[1], sections[2], sections[3]]);
        CompiledLists::from_bytes("x", file).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(with(|catalogue| catalogue.sets.push(vec![0])), Ok(()));
    let missing =
        Err("the compiled lists `x` are damaged: its catalogue names a list that is not there".to_owned());
    assert_eq!(with(|catalogue| catalogue.sets.push(vec![0, 1])), missing);
    assert_eq!(with(|catalogue| catalogue.substrings[0].list = 1), missing);
}

proptest! {
    #[test]
    fn a_hostile_file_with_a_right_checksum_is_refused_or_asked_but_never_panics(
        place: prop::sample::Index,
        byte: u8,
        cut: prop::sample::Index,
    ) {
        let mut builder = Builder::new();
        for (list_type, entry) in
            [("hostname", "bank.test"), ("cidr", "1.0.0.0/8"), ("cidr", "2001:4860::/32"), ("regex", "^a"), ("substring", "b")]
        {
            builder.add("x", list(list_type, list_type, &[], &[entry]).as_bytes()).unwrap();
        }
        let mut bytes = builder.finish().unwrap().bytes;
        let place = 60 + place.index(bytes.len() - 60);
        bytes[place] = byte;
        for bytes in [resealed(&bytes), resealed(&bytes[..60 + cut.index(bytes.len() - 60)])] {
            if let Ok(lists) = CompiledLists::from_bytes("lists", bytes) {
                for (subtype, value) in
                    [("FQDN", "a.bank.test"), ("IP Address", "1.2.3.4"), ("CIDR Block", "::/0"), ("URL", "http://a/b")]
                {
                    let _ = find(&lists, subtype, value);
                }
            }
        }
    }

    #[test]
    fn a_network_is_found_exactly_where_two_networks_overlap(
        listed: Vec<(u32, u8)>,
        asked: (u32, u8),
    ) {
        let network = |(bits, prefix): (u32, u8)| {
            // Few bits, so that networks meet.
            let address = std::net::Ipv4Addr::from((bits % 8) << 29 | 1 << 20);
            IpNet::new(address.into(), prefix % 33).unwrap().trunc()
        };
        let entries: Vec<String> = listed.iter().map(|one| network(*one).to_string()).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).chain(["255.255.255.255"]).collect();
        let lists = compiled(&[list("nets", "cidr", &[], &entries)]);
        let asked = network(asked);
        let expected = entries.iter().map(|entry| entry.parse().or_else(|_| format!("{entry}/32").parse()).unwrap()).any(
            |entry: IpNet| entry.contains(&asked) || asked.contains(&entry),
        );
        prop_assert_eq!(find(&lists, "CIDR Block", &asked.to_string()).is_some(), expected);
    }
}

#[test]
fn a_file_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.bin");
    for host in ["a.test", "b.test"] {
        let mut builder = Builder::new();
        builder.add("x", list("hosts", "hostname", &[], &[host]).as_bytes()).unwrap();
        builder.finish().unwrap().write(&path).unwrap();
        assert!(find(&CompiledLists::open(&path).unwrap(), "FQDN", host).is_some());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let missing = folder.path().join("none").join("lists.bin");
    assert_eq!(CompiledLists::open(&missing).unwrap_err().code(), "compiled-lists-unreadable");
    let mut builder = Builder::new();
    builder.add("x", list("hosts", "hostname", &[], &["a.test"]).as_bytes()).unwrap();
    assert_eq!(builder.finish().unwrap().write(&missing).unwrap_err().code(), "compiled-lists-not-written");
}
