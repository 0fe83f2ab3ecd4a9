//! The request that a manifest names for tests of the connection. Where the service refuses the credential, the same is asked
//! where the other options of the region lead, as far as the policy allows it: a key of another region looks like a wrong one.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use palisade_egress::{Client, Gate, Grant, ReadOnly, SendError, Session, SessionLimits, Wire, after};
use palisade_limits as limits;
use palisade_policy::Policy;
use palisade_run::{ConnectionRequest, ConnectionRequests};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{ConnectionTest, Failing, required};
use crate::words::of_service;

/// What asking came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The service answers and takes the credential.
    Answers {
        /// Requests that were made.
        requests: u64,
        /// What the tests have proved.
        proven: Vec<String>,
    },
    /// It does not work, for this reason.
    Failed(ConnectionTest),
    /// Nothing was asked.
    Skipped {
        /// What would let it be asked.
        hint: Option<String>,
    },
}

/// What one service said.
#[derive(Debug)]
enum Said {
    Takes,
    Refuses,
    Forbids,
    Answered(StatusCode),
    Nothing(SendError),
}

impl Said {
    /// An HTML page comes from a proxy or a gateway: it says nothing about the key.
    fn of(answer: Result<(StatusCode, bool), SendError>, expect: &[u16]) -> Self {
        match answer {
            Ok((status, true)) => Self::Answered(status),
            Ok((status, _)) if expect.contains(&status.as_u16()) => Self::Takes,
            Ok((StatusCode::UNAUTHORIZED, _)) => Self::Refuses,
            Ok((StatusCode::FORBIDDEN, _)) => Self::Forbids,
            Ok((status, _)) => Self::Answered(status),
            Err(error) => Self::Nothing(error),
        }
    }
}

/// Whether an answer is an HTML page.
fn is_page(answer: &Response<Bytes>) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
        || answer.body().trim_ascii_start().starts_with(b"<")
}

/// Another option of the region, and what the service there said.
#[derive(Debug)]
struct Elsewhere {
    label: String,
    said: Said,
}

/// Asks the chosen service, and where that refuses the credential, the others.
pub(super) async fn ask(
    requests: ConnectionRequests,
    policy: &Policy,
    bundle: &str,
    client: Client,
    requires: &[String],
) -> Asked {
    let allowed = |request: &ConnectionRequest| policy.allows(bundle, &request.method, &request.uri);
    let ConnectionRequests { chosen, others, parameter, further } = requests;
    if !allowed(&chosen) {
        let hint =
            format!("the policy does not allow {} {}, which would tell more", chosen.method, chosen.uri);
        return Asked::Skipped { hint: Some(hint) };
    }
    let others: Vec<ConnectionRequest> = others.into_iter().filter(allowed).collect();
    let further: Vec<ConnectionRequest> = further.into_iter().filter(allowed).collect();
    let all = std::iter::once(&chosen).chain(&others).chain(&further);
    let session = session(client, all.map(|request| request.grant.clone()).collect());
    let said = Said::of(send(&session, &chosen).await, &chosen.expect);
    let elsewhere = match said {
        Said::Refuses => send_to_all(&session, others).await,
        _ => Vec::new(),
    };
    let judged = |request: &ConnectionRequest, said: &Said, elsewhere: &[Elsewhere]| {
        let requests = session.traffic().requests;
        judge(request, said, elsewhere, parameter.as_deref(), requests, requires)
    };
    let first = judged(&chosen, &said, &elsewhere);
    let Asked::Answers { mut requests, mut proven } = first else { return first };
    for request in further {
        let said = Said::of(send(&session, &request).await, &request.expect);
        match judged(&request, &said, &[]) {
            Asked::Answers { requests: so_far, proven: more } => {
                requests = so_far;
                proven.extend(more);
            }
            Asked::Failed(test) => {
                let message = format!("{}; not proved: {}", test.message, request.proves);
                return Asked::Failed(ConnectionTest { message, proven, ..test });
            }
            skipped @ Asked::Skipped { .. } => return skipped,
        }
    }
    Asked::Answers { requests, proven }
}

fn session(client: Client, grants: Vec<Grant>) -> Session {
    let time = Duration::from_secs(limits::CONNECTION_TEST_SECONDS);
    let bounds =
        SessionLimits { read_only: Some(ReadOnly::DryRun), exchange: time, ..SessionLimits::default() };
    // One time for the chosen service, one for all others.
    let deadline = after(Instant::now(), time * 2);
    Session::new(Wire::Network(client), grants, Gate::default(), bounds, deadline, None)
}

/// The status of the answer, and whether it is an HTML page.
async fn send(session: &Session, test: &ConnectionRequest) -> Result<(StatusCode, bool), SendError> {
    let time = Duration::from_secs(limits::CONNECTION_TEST_SECONDS);
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = test.method.clone();
    *request.uri_mut() = test.uri.clone();
    request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    let late = || SendError::TimedOut {
        host: test.uri.host().unwrap_or_default().to_owned(),
        what: "answer",
        limit: time,
    };
    match tokio::time::timeout(time, session.send(request)).await {
        Ok(Ok(answer)) => Ok((answer.status(), is_page(&answer))),
        Ok(Err(SendError::DeadlinePassed)) | Err(_) => Err(late()),
        Ok(Err(error)) => Err(error),
    }
}

/// Asks all of them at the same time; the answers are in their order.
async fn send_to_all(session: &Session, others: Vec<ConnectionRequest>) -> Vec<Elsewhere> {
    let mut asking = JoinSet::new();
    for (place, request) in others.into_iter().enumerate() {
        let session = session.clone();
        asking.spawn(async move {
            let said = Said::of(send(&session, &request).await, &request.expect);
            let label = request.option.map_or_else(|| request.uri.to_string(), |option| option.label);
            (place, Elsewhere { label, said })
        });
    }
    let mut answers = asking.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// What all of that says about the connection.
fn judge(
    chosen: &ConnectionRequest,
    said: &Said,
    elsewhere: &[Elsewhere],
    parameter: Option<&str>,
    requests: u64,
    requires: &[String],
) -> Asked {
    let host = chosen.uri.host().unwrap_or_default();
    let here = chosen
        .option
        .as_ref()
        .map_or_else(|| format!("`{host}`"), |option| format!("`{host}` ({})", option.label));
    let failed = |failing, code: &str, message, hint| {
        Asked::Failed(ConnectionTest {
            works: false,
            failed: Some(failing),
            code: Some(code.to_owned()),
            message,
            hint,
            requests,
            proven: Vec::new(),
        })
    };
    match said {
        Said::Takes => Asked::Answers { requests, proven: vec![chosen.proves.clone()] },
        Said::Refuses => {
            let takes: Vec<&str> = elsewhere
                .iter()
                .filter(|other| matches!(other.said, Said::Takes))
                .map(|other| other.label.as_str())
                .collect();
            let parameter = parameter.unwrap_or_default();
            if let [first, ..] = takes.as_slice() {
                let message = format!("{here} refuses the key, and it is accepted in {}", takes.join(", "));
                let hint = format!("choose `{first}` as {parameter}");
                return failed(Failing::Region, "region-wrong", message, Some(hint));
            }
            let refuse = elsewhere.iter().filter(|other| matches!(other.said, Said::Refuses)).count();
            let hint = "check that it was copied whole, that it is enabled, and that it has not expired";
            let hint = match (refuse, elsewhere.len() - refuse) {
                (0, 0) => hint.to_owned(),
                (refuse, 0) => format!("{hint}; the {refuse} other choices of {parameter} refuse it as well"),
                (refuse, unknown) => format!(
                    "{hint}; of the other choices of {parameter}, {refuse} refuse it as well and {unknown} did not say"
                ),
            };
            failed(
                Failing::Key,
                "credential-refused",
                format!("{here} refuses the key (status 401)"),
                Some(hint),
            )
        }
        Said::Forbids => {
            let message = format!("{here} takes the key and does not let it in (status 403)");
            let hint = match requires {
                [] => "give the key's role the permissions that the action's documentation names".to_owned(),
                requires => required(requires),
            };
            failed(Failing::Role, "access-denied", message, Some(hint))
        }
        Said::Answered(status) => {
            let message = format!("{here} answered with status {}", status.as_u16());
            let hint = match status.as_u16() {
                429 => "the key's rate of requests is used up: try again in a minute",
                500..=599 => "the service does not work at the moment: try again later",
                _ => "what answers there may not be the service, or a gateway before it",
            };
            failed(Failing::Service, "service-unavailable", message, Some(hint.to_owned()))
        }
        Said::Nothing(error) => {
            let hint = error.hint().map(|hint| of_service(&hint));
            failed(Failing::of(Some(error.code())), error.code(), error.to_string(), hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use palisade_bundle::SelectOption;
    use palisade_egress::{Origin, PathRule};

    use super::*;

    fn request(host: &str, label: &str) -> ConnectionRequest {
        ConnectionRequest {
            method: Method::GET,
            expect: vec![200],
            proves: "network, TLS, key".to_owned(),
            uri: format!("https://{host}/connectivity").parse().unwrap(),
            grant: Grant {
                origin: Origin::parse(&format!("https://{host}")).unwrap(),
                methods: vec![Method::GET],
                paths: vec![PathRule::parse("/connectivity")],
                headers: Vec::new(),
                credential: None,
                changes: false,
                idempotent: true,
                reason: String::new(),
            },
            option: Some(SelectOption { value: host.to_owned(), label: label.to_owned() }),
        }
    }

    fn judged(said: Said, elsewhere: Vec<(&str, Said)>) -> ConnectionTest {
        let elsewhere: Vec<Elsewhere> =
            elsewhere.into_iter().map(|(label, said)| Elsewhere { label: label.to_owned(), said }).collect();
        let chosen = request("api.example", "Here");
        match judge(&chosen, &said, &elsewhere, Some("Region"), 3, &[]) {
            Asked::Failed(test) => test,
            other => panic!("{other:?}"),
        }
    }

    fn nothing(code: &str) -> Said {
        let host = || "api.example".to_owned();
        Said::Nothing(match code {
            "name" => SendError::Unresolvable { host: host(), cause: "no such host".to_owned() },
            "tls" => SendError::Tls { host: host(), cause: "unknown issuer".to_owned() },
            "proxy" => SendError::ProxyUnreachable { proxy: host(), cause: "refused".to_owned() },
            _ => SendError::Connect { host: host(), cause: "refused".to_owned() },
        })
    }

    #[test]
    fn each_failure_is_named_for_what_it_is() {
        for (said, failing, code) in [
            (nothing("name"), Failing::Name, "host-unresolvable"),
            (nothing("network"), Failing::Network, "connection-failed"),
            (nothing("tls"), Failing::Tls, "tls-failed"),
            (nothing("proxy"), Failing::Proxy, "proxy-unreachable"),
            (Said::Refuses, Failing::Key, "credential-refused"),
            (Said::Forbids, Failing::Role, "access-denied"),
            (Said::Answered(StatusCode::BAD_GATEWAY), Failing::Service, "service-unavailable"),
            (Said::Answered(StatusCode::NOT_FOUND), Failing::Service, "service-unavailable"),
        ] {
            let test = judged(said, Vec::new());
            assert_eq!((test.failed, test.code.as_deref()), (Some(failing), Some(code)), "{test:?}");
            assert!(!test.works && test.message.contains("api.example"), "{test:?}");
        }
        let works = judge(&request("api.example", "Here"), &Said::Takes, &[], None, 1, &[]);
        let proven = vec!["network, TLS, key".to_owned()];
        assert_eq!(works, Asked::Answers { requests: 1, proven });
    }

    #[test]
    fn what_the_action_requires_is_shown_beside_a_status_403() {
        let requires = ["The key may read.".to_owned()];
        let chosen = request("api.example", "Here");
        let Asked::Failed(test) = judge(&chosen, &Said::Forbids, &[], None, 1, &requires) else {
            panic!("it passed")
        };
        assert_eq!(test.hint.as_deref(), Some("check what the action requires: The key may read"));
    }

    #[test]
    fn the_page_of_a_proxy_says_nothing_about_the_key() {
        for status in [StatusCode::OK, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
            let test = judged(Said::of(Ok((status, true)), &[200]), Vec::new());
            assert_eq!(
                (test.failed, test.code.as_deref()),
                (Some(Failing::Service), Some("service-unavailable"))
            );
            assert!(!test.hint.unwrap().contains("role"));
        }
        let page = Response::builder().header("content-type", "text/HTML; charset=utf-8").body(Bytes::new());
        assert!(is_page(&page.unwrap()));
        assert!(is_page(&Response::new(Bytes::from_static(b"\n<html>"))));
        assert!(!is_page(&Response::new(Bytes::from_static(b"{}"))));
    }

    #[test]
    fn a_key_of_another_region_is_told_from_a_wrong_one() {
        let others =
            |there: Said| vec![("There", Said::Refuses), ("Yonder", there), ("Off", nothing("name"))];
        let region = judged(Said::Refuses, others(Said::Takes));
        assert_eq!((region.failed, region.code.as_deref()), (Some(Failing::Region), Some("region-wrong")));
        assert_eq!(region.message, "`api.example` (Here) refuses the key, and it is accepted in Yonder");
        assert_eq!(region.hint.as_deref(), Some("choose `Yonder` as Region"));
        let key = judged(Said::Refuses, others(Said::Refuses));
        assert_eq!(key.failed, Some(Failing::Key));
        assert!(
            key.hint
                .unwrap()
                .contains("of the other choices of Region, 2 refuse it as well and 1 did not say")
        );
    }

    #[tokio::test]
    async fn nothing_is_asked_that_the_policy_does_not_allow() {
        let policy = Policy::parse(
            "[[egress]]\norigin = \"https://api.example\"\nmethods = [\"GET\"]\npaths = [\"/other\"]\n",
            "palisade.toml",
            std::path::Path::new("."),
        )
        .unwrap();
        let requests = ConnectionRequests {
            chosen: request("api.example", "Here"),
            others: Vec::new(),
            parameter: Some("Region".to_owned()),
            further: Vec::new(),
        };
        let client = Client::new(&palisade_egress::ClientOptions::default()).unwrap();
        let Asked::Skipped { hint: Some(hint) } = ask(requests, &policy, "any", client, &[]).await else {
            panic!("it was asked")
        };
        assert!(hint.contains("https://api.example/connectivity"));
    }
}
