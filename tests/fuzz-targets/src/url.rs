//! The normaliser of URLs: normalising twice changes nothing, the result keeps the service's limits, and whoever reads it as a
//! browser does reaches the same place as before.

use ::url::{Host, Url};
use palisade_vision_one::limits::URL_CHARACTERS;
use palisade_vision_one::normalise::Wildcards;
use palisade_vision_one::normalise::url::{Address, normalise, with_scheme};

use crate::words::{check_code, check_message};

pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(bytes) else { return false };
    for wildcards in [Wildcards::Refused, Wildcards::Accepted] {
        match normalise(value, wildcards) {
            Ok(Address::Complete(normal)) => {
                check_complete(&normal, wildcards);
                check_same_place(value, &normal);
            }
            Ok(Address::SchemeMissing(normal)) => {
                let again = normalise(&normal, wildcards);
                assert_eq!(again.as_ref(), Ok(&Address::SchemeMissing(normal.as_ref().into())));
                if let Ok(complete) = with_scheme("http", &normal) {
                    check_complete(&complete, wildcards);
                    let rest = value.strip_prefix("//").unwrap_or(value);
                    check_same_place(&format!("http://{rest}"), &complete);
                }
            }
            Err(problem) => {
                check_code(problem.code);
                check_message(&problem.message);
            }
        }
    }
    normalise(value, Wildcards::Accepted).is_ok()
}

fn check_complete(normal: &str, wildcards: Wildcards) {
    assert_eq!(normalise(normal, wildcards), Ok(Address::Complete(normal.into())), "not stable");
    assert!(normal.chars().count() <= URL_CHARACTERS);
    assert!(!normal.chars().any(|character| character.is_whitespace() || character.is_control()));
    let (scheme, _) = normal.split_once("://").expect("a scheme");
    assert!(!scheme.bytes().any(|byte| byte.is_ascii_uppercase()));
}

/// Where both can be read as the WHATWG's standard says, they are the same URL, but for one trailing dot of the host: it
/// names the same host.
fn check_same_place(before: &str, after: &str) {
    let Ok(before) = Url::parse(before) else { return };
    if !matches!(before.scheme(), "http" | "https" | "ftp" | "ws" | "wss") {
        return;
    }
    let after = Url::parse(after).expect("what could be read before can be read");
    assert_eq!(host(&before), host(&after));
    let rest =
        |url: &Url| (url.username().to_owned(), url.port(), url[::url::Position::BeforePath..].to_owned());
    assert_eq!(rest(&before), rest(&after));
}

fn host(url: &Url) -> Option<Host<String>> {
    match url.host()?.to_owned() {
        Host::Domain(name) => Some(Host::Domain(name.strip_suffix('.').unwrap_or(&name).to_owned())),
        address => Some(address),
    }
}
