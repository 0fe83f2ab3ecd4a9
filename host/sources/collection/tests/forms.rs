//! Small files as people have them, and what is made of each: the forms come from public exports and bug reports, the values
//! are invented.

// In a test, a panic is the answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::path::Path;

use palisade_collection::{Reading, Source, read};
use palisade_model::{Record, warnings};

/// Everything that a file gave, one line for each record: the type and the value of an object, `~` in front of one that is not
/// to be blocked, `- CODE` for a record that is left out, `?` for an unreadable one, `! CODE` for a file that is refused.
fn made_of(source: Source, reading: Reading) -> (Vec<String>, Vec<String>) {
    let mut lines = Vec::new();
    let result = read(source, reading, &mut |record| {
        lines.push(match record {
            Record::Object(object) => {
                let mark = if object.do_not_block.is_some() { "~" } else { "" };
                format!("{mark}{} {}", object.subtype, object.value)
            }
            Record::LeftOut(left_out) => format!("- {}", left_out.code),
            Record::Unreadable(_) => "?".to_owned(),
        });
    });
    match result {
        Ok(summary) => (lines, warnings(&[summary])),
        Err(error) => (vec![format!("! {}", error.code())], Vec::new()),
    }
}

fn records(text: &str, columns: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut reading = Reading::default();
    columns.iter().for_each(|column| reading.columns.assign(column).unwrap());
    made_of(Source::reader("list", std::io::Cursor::new(text.as_bytes().to_vec())), reading)
}

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

#[test]
fn exports_of_other_products_are_read() {
    for (text, expected) in [
        (
            "# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\"\n\"2026\", \"1\", \"192.0.2.1:443\", \"ip:port\", \"a, b\"\n# END",
            &["IP Address 192.0.2.1"][..],
        ),
        ("# Firstseen,DstIP,DstPort\n2026-01-01 00:00:00,192.0.2.1,443\n", &["IP Address 192.0.2.1"]),
        (
            "# SSL Certificate Blacklist\n# Listingdate,SHA1,Listingreason\n2026,SHA1,C2\n",
            &["Certificate fingerprint SHA1"],
        ),
        ("Type;Value\nDomain;a.example\nIP;192.0.2.1\n", &["FQDN a.example", "IP Address 192.0.2.1"]),
        ("sep=,\nType,Value\nDomain,a.example\n", &["FQDN a.example"]),
        (
            "Indicator,Data\nDescription,see https://a.example/\ndomain,a.example\nb.example,first seen\n",
            &["Description see https://a.example/", "FQDN a.example", "FQDN b.example"],
        ),
        (
            "type,value\ndomain|ip,a.example|192.0.2.1\nip-dst|port,192.0.2.1|443\nfilename|md5,a.exe|MD5\nfilename|md5,a.exe\n",
            &["FQDN a.example", "IP Address 192.0.2.1", "IP Address 192.0.2.1", "MD5 MD5", "?"],
        ),
        ("type,value\nfile,\"MD5,SHA1\"\nfile,a.exe\n", &["MD5 MD5", "SHA-1 SHA1", "Filename a.exe"]),
        (
            "Type,Summary\nFile,MD5 : SHA1\nAddress,192.0.2.1\n",
            &["MD5 MD5", "SHA-1 SHA1", "IP Address 192.0.2.1"],
        ),
        ("type,value\ndomain,\"a.example, b.example\"\n", &["FQDN a.example", "FQDN b.example"]),
        ("| Type | Value |\n|---|---|\n| domain | a.example |\n", &["FQDN a.example"]),
        ("md5,sha1,name\nMD5,SHA1,x\n", &["MD5 MD5", "SHA-1 SHA1"]),
        ("MD5\nd41d8cd98f00b204e9800998ecf8427e\n\nDomains:\na.example\n", &["MD5 MD5", "FQDN a.example"]),
        ("domain\nevil.bit\n", &["FQDN evil.bit"]),
        (
            "url\n\u{201c}http://a.example/x\u{201d}\nhttp://a.example/x\u{2026}\n",
            &["URL http://a.example/x", "?"],
        ),
    ] {
        let fill = |text: &str| text.replace("MD5 : SHA1", &format!("{MD5} : {SHA1}"));
        let filled = fill(text)
            .replace("|MD5\n", &format!("|{MD5}\n"))
            .replace("\"MD5,SHA1\"", &format!("\"{MD5},{SHA1}\""))
            .replace("\nMD5,SHA1,x", &format!("\n{MD5},{SHA1},x"))
            .replace("2026,SHA1,C2", &format!("2026,{SHA1},C2"));
        let shown: Vec<String> = records(&filled, &[])
            .0
            .iter()
            .map(|line| line.replace(MD5, "MD5").replace(SHA1, "SHA1"))
            .collect();
        assert_eq!(shown, expected, "{text}");
    }
}

#[test]
fn what_a_source_does_not_want_blocked_is_not_an_ordinary_object() {
    for (header, cell, expected) in [
        ("Action", "Allowed", "~FQDN a.example"),
        ("verdict", "benign", "~FQDN a.example"),
        ("status", "False Positive", "~FQDN a.example"),
        ("Indicator Status", "Whitelisted", "~FQDN a.example"),
        ("status", "Revoked", "- revoked"),
        ("status", "Expired", "- expired"),
        ("revoked", "true", "- revoked"),
        ("deleted", "1", "- deleted"),
        ("false_positive", "yes", "~FQDN a.example"),
        ("to_ids", "0", "- not-for-detection"),
        ("valid_until", "2024-01-01", "- expired"),
        ("expires", "2031-01-01T00:00:00Z", "FQDN a.example"),
        ("Action", "Block", "FQDN a.example"),
    ] {
        let (found, _) = records(&format!("value,type,{header}\na.example,domain,{cell}\n"), &[]);
        assert_eq!(found, [expected], "{header}={cell}");
    }
}

#[test]
fn columns_with_values_that_are_not_read_are_named_with_a_count() {
    let (found, said) = records(
        "domain_name,ip_address,reference\nc2.example,192.0.2.1,https://a.example/\nc3.example,192.0.2.2,\n",
        &[],
    );
    assert_eq!(found, ["IP Address 192.0.2.1", "IP Address 192.0.2.2"]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("`domain_name` holds 2 values"), "{said:?}");
    let (found, _) =
        records("domain_name,ip_address\nc2.example,192.0.2.1\n", &["value=Domain Name", "value=ip_address"]);
    assert_eq!(found, ["FQDN c2.example", "IP Address 192.0.2.1"]);
    let (found, _) = records("a,b\nc2.example,domain\n", &["value=a", "type=b"]);
    assert_eq!(found, ["FQDN c2.example"]);
    assert_eq!(records("a,b\nx,y\n", &["value=c"]).0, ["! collection-csv-column-missing"]);
}

#[test]
fn scores_that_are_not_used_are_reported() {
    let (_, said) = records("value,score\na.example,\"9,5\"\nb.example,85\nc.example,High\n", &[]);
    assert!(said.iter().any(|said| said.contains("1 score is outside the scale")), "{said:?}");
    assert!(said.iter().any(|said| said.contains("1 score is not a number")), "{said:?}");
}

#[test]
fn a_report_in_prose_is_refused_unless_it_is_named_text() {
    let report = "BADBOT\n\nSENDERS\nbilling@a.example\n\nLEGITIMATE SITES CONTACTED\nhttps://b.example/\n\n\
        SUPPORTING EVIDENCE\nhttps://c.example/post\n";
    assert_eq!(records(report, &[]).0, ["! collection-is-prose"]);
    let source = Source::reader("report", std::io::Cursor::new(report.as_bytes().to_vec()));
    let (found, _) = made_of(source, palisade_model::Format::Text.into());
    assert_eq!(
        found,
        ["?", "Email Address billing@a.example", "?", "~URL https://b.example/", "?", "- not-an-indicator"]
    );
    for list in [
        "# Title\n\n## Domains\n```\na.example\n```\n- `b.example`\n",
        "Domains:\na.example\n\nIPs:\n192.0.2.1\n",
    ] {
        assert_eq!(records(list, &[]).0.len(), 2, "{list}");
    }
}

/// Every form that was collected beside this repository, with the values that must or must not come out of it.
#[test]
fn collected_forms_are_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/cases");
    if !folder.is_dir() {
        assert_ne!(std::env::var("PALISADE_REQUIRE_SHARED_DATA").as_deref(), Ok("1"), "{}", folder.display());
        return;
    }
    for (file, expected) in [
        ("17-misp-export.csv", "FQDN csvdip.example"),
        ("18-urlhaus.csv", "URL http://198.51.100.70:4321/bin.sh"),
        ("26-hosts.txt", "FQDN v6.example"),
        ("33-zeek.intel", "IP Address 198.51.100.84"),
        ("35-ip-forms.txt", "IP Address 198.51.100.1"),
        ("40-indicator-column-is-type.csv", "FQDN mal.example"),
        ("58-excel-sep.csv", "FQDN mal.example"),
        ("59-latin1.csv", "FQDN mal.example"),
        ("88-report.txt", "! collection-is-prose"),
        ("95-misp-text-warning.txt", "! collection-is-prose"),
        ("96-allowlist-words.txt", "! collection-not-a-list"),
        ("101-url-with-blank.txt", "! collection-not-a-list"),
        ("103-quotes.txt", "FQDN alpha.example"),
        ("111-headerless-url-first.csv", "FQDN mal.example"),
        ("114-csv-expiry.csv", "FQDN new.example"),
        ("121-misp-feed-hashes.csv", "! collection-format-not-supported"),
        ("more/multiline-quoted.csv", "! collection-csv-without-header"),
    ] {
        let (found, _) = made_of(Source::path(folder.join(file)), Reading::default());
        assert!(found.iter().any(|line| line == expected), "{file}: {found:#?}");
    }
    for (file, part) in [
        ("28-adblock.txt", "FQDN example.com"),
        ("106-slashes.txt", "URL"),
        ("108-file-names.txt", ".zip"),
        ("51-defender-export.csv", "FQDN allowed.example"),
        ("27-hosts-real-mapping.txt", "corp.example"),
    ] {
        let (found, _) = made_of(Source::path(folder.join(file)), Reading::default());
        assert!(
            !found.iter().any(|line| !line.starts_with('~') && line.contains(part)),
            "{file}: {found:#?}"
        );
    }
}

/// What other tools say against blocking, in columns, tags, comments and other languages.
#[test]
fn what_is_not_to_be_blocked_is_not_an_object_to_block_however_its_source_says_so() {
    for (text, expected) in [
        ("IndicatorValue,Action\na.example,Audit\nb.example,Block", &["- detect-only", "FQDN b.example"][..]),
        (
            "Type,Summary,False Positives\nHost,a.example,3\nHost,b.example,0",
            &["~FQDN a.example", "FQDN b.example"],
        ),
        (
            "value;type;active\na.example;Domain;FALSCH\nb.example;Domain;WAHR",
            &["- inactive", "FQDN b.example"],
        ),
        (
            "value,type,action\na.example,domain,detect\nb.example,domain,no_action\nc.example,domain,prevent",
            &["- detect-only", "- detect-only", "FQDN c.example"],
        ),
        ("domain,label\na.example,benign\nb.example,phishing", &["~FQDN a.example", "FQDN b.example"]),
        ("domain,tags\na.example,\"c2,whitelist\"\nb.example,c2", &["~FQDN a.example", "FQDN b.example"]),
        (
            "domain,comment\na.example,FALSE POSITIVE - do not block\nb.example,C2",
            &["~FQDN a.example", "FQDN b.example"],
        ),
        ("ip,exclude\n192.0.2.1,yes\n192.0.2.2,no", &["~IP Address 192.0.2.1", "IP Address 192.0.2.2"]),
        ("value,allow,deleted\na.example,true,yes\nb.example,false,no", &["- deleted", "FQDN b.example"]),
        (
            "a.example\tREJECT\nb.example\tOK\nc.example # whitelisted\nd.example - false positive",
            &["FQDN a.example", "~FQDN b.example", "~FQDN c.example", "~FQDN d.example"],
        ),
        ("# Whitelist of our own domains\na.example\nb.example", &["~FQDN a.example", "~FQDN b.example"]),
    ] {
        assert_eq!(records(text, &[]).0, expected, "{text}");
    }
}
