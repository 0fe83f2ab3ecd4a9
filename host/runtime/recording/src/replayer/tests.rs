//! Which answer a request gets, and what is said where it gets none.

use http::header::{CONTENT_TYPE, USER_AGENT};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn entry(method: &str, url: &str, headers: &[(&str, &str)], body: &str, status: u16, text: &str) -> Value {
    let headers: Vec<_> = headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "request": {"method": method, "url": url, "headers": headers, "postData": {"text": body}},
        "response": {"status": status, "content": {"text": text}},
    })
}

fn replayer(entries: Vec<Value>) -> Replayer {
    let file = json!({"log": {"version": "1.2", "entries": entries}}).to_string();
    Replayer::new(Recording::read(file.as_bytes(), "demo.har").unwrap())
}

fn post(replayer: &Replayer, url: &str, body: &str) -> Result<Recorded, Difference> {
    replayer.answer(&Method::POST, &url.parse().unwrap(), &HeaderMap::new(), body.as_bytes())
}

fn status(recorded: &Recorded) -> u16 {
    match recorded {
        Recorded::Answered(response) => response.status().as_u16(),
        Recorded::Failed(_) => 0,
    }
}

const LIST: &str = "https://a.example/list";

#[test]
fn a_repeated_request_gets_its_answers_in_recorded_order_and_no_more() {
    let replayer = replayer(vec![
        entry("POST", LIST, &[], "[1]", 429, ""),
        entry("POST", LIST, &[], "[2]", 200, ""),
        entry("POST", LIST, &[], "[ 1 ]", 207, "[]"),
    ]);
    assert_eq!(status(&post(&replayer, LIST, "[1]").unwrap()), 429);
    assert_eq!(status(&post(&replayer, LIST, "[1]").unwrap()), 207);
    let error = post(&replayer, LIST, "[1]").unwrap_err();
    assert_eq!(*error.how, How::AskedAgain { recorded: 2 });
    assert_eq!((error.code(), error.hint().is_some()), ("not-recorded", true));
    let unused = replayer.unused();
    assert_eq!(unused.len(), 1);
    assert_eq!((unused[0].code(), &*unused[0].how), ("not-asked", &How::NotAsked { entry: 1 }));
    assert_eq!(
        unused[0].to_string(),
        "the request `POST https://a.example/list` was recorded in `demo.har`, `log.entries[1]`, and the run did not ask \
         for it"
    );
}

#[test]
fn a_changed_value_is_named_with_its_pointer_among_many_batches() {
    let batch = |first: usize, change: Option<usize>| {
        let object = |number: usize| {
            let domain =
                if change == Some(number) { "changed".to_owned() } else { format!("n{}", first + number) };
            json!({"domain": format!("{domain}.example"), "riskLevel": "high"})
        };
        Value::Array((0..100).map(object).collect()).to_string()
    };
    let entries = (0..10).map(|number| entry("POST", LIST, &[], &batch(number * 100, None), 207, "[]"));
    let replayer = replayer(entries.collect());
    assert!(post(&replayer, LIST, &batch(0, None)).is_ok());
    let error = post(&replayer, LIST, &batch(700, Some(12))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the request `POST https://a.example/list` was not recorded in `demo.har`: the nearest one there, \
         `log.entries[7]`, differs in its body at `/12/domain`: asked `\"changed.example\"`, recorded `\"n712.example\"`"
    );
    // The one that was near is still there for the request that it belongs to.
    assert!(post(&replayer, LIST, &batch(700, None)).is_ok());
}

#[test]
fn method_url_header_and_bytes_are_named_where_they_differ() {
    let json = [("Content-Type", "application/json"), ("TMV1-Filter", "type eq 'url'")];
    let replayer = replayer(vec![
        entry("GET", "https://a.example/x?top=100", &json, "", 200, ""),
        entry("POST", "https://a.example/y", &json, "plain text", 200, ""),
    ]);
    let ask = |method: Method, url: &str, filter: Option<&'static str>, body: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, http::HeaderValue::from_static("another one"));
        headers.extend(filter.map(|filter| {
            (http::HeaderName::from_static("tmv1-filter"), http::HeaderValue::from_static(filter))
        }));
        *replayer.answer(&method, &url.parse().unwrap(), &headers, body.as_bytes()).unwrap_err().how
    };
    let filter = Some("type eq 'url'");
    let how = ask(Method::GET, "https://a.example/x?top=50", filter, "");
    let (asked, recorded) =
        ("https://a.example/x?top=50".to_owned(), "https://a.example/x?top=100".to_owned());
    assert_eq!(how, How::Url { entry: 0, asked, recorded });
    let how = ask(Method::DELETE, "https://a.example/x?top=100", filter, "");
    assert_eq!(how, How::Method { entry: 0, recorded: "GET".to_owned() });
    let how = ask(Method::GET, "https://a.example/x?top=100", None, "");
    let recorded = Some("type eq 'url'".to_owned());
    assert_eq!(how, How::Header { entry: 0, name: "tmv1-filter", asked: None, recorded });
    let how = ask(Method::POST, "https://a.example/y", filter, "plain tent");
    let (asked, recorded) = (Some("plain tent".to_owned()), Some("plain text".to_owned()));
    assert_eq!(how, How::Body { entry: 1, offset: 8, asked, recorded });
}

#[test]
fn an_empty_or_used_up_recording_says_so() {
    let error = post(&replayer(Vec::new()), LIST, "").unwrap_err();
    assert!(error.to_string().ends_with("`demo.har`: nothing was"), "{error}");
    let replayer = replayer(vec![entry("POST", LIST, &[], "", 200, "")]);
    assert!(post(&replayer, LIST, "").is_ok());
    assert_eq!(*post(&replayer, LIST, "other").unwrap_err().how, How::NothingLeft { recorded: 1 });
    assert!(replayer.unused().is_empty());
}

#[test]
fn a_recording_that_is_not_whole_is_blamed_for_what_it_lacks() {
    let file = json!({"log": {"_palisade": {"droppedEntries": 3}, "entries": []}}).to_string();
    let replayer = Replayer::new(Recording::read(file.as_bytes(), "demo.har").unwrap());
    let hint = post(&replayer, LIST, "").unwrap_err().hint().unwrap();
    assert!(hint.contains("3 requests"), "{hint}");
}

proptest! {
    #[test]
    fn in_whatever_order_requests_are_asked_each_gets_its_own_answers(
        // The request of each entry, out of a few so that there are equal ones; and an order to ask in.
        (requests, order) in proptest::collection::vec(0..6usize, 1..30).prop_flat_map(|requests| {
            let order = Just(requests.clone()).prop_shuffle();
            (Just(requests), order)
        })
    ) {
        // Two URLs, three bodies.
        let url = |request: usize| format!("https://a.example/{}", request % 2);
        let body = |request: usize| format!("[{}]", request / 2);
        let entries = requests.iter().enumerate().map(|(number, request)| {
            entry("POST", &url(*request), &[], &body(*request), 200, &number.to_string())
        });
        let replayer = replayer(entries.collect());
        let mut answers = vec![Vec::new(); 6];
        for request in &order {
            let Ok(Recorded::Answered(answer)) = post(&replayer, &url(*request), &body(*request)) else {
                return Err(TestCaseError::fail("no answer"));
            };
            answers[*request].push(String::from_utf8(answer.body().to_vec()).unwrap());
        }
        for (request, answers) in answers.iter().enumerate() {
            let of_it = requests.iter().enumerate().filter(|(_, of)| **of == request);
            let expected: Vec<_> = of_it.map(|(number, _)| number.to_string()).collect();
            prop_assert_eq!(answers, &expected);
        }
        prop_assert!(replayer.unused().is_empty());
        prop_assert!(post(&replayer, &url(0), &body(0)).is_err());
    }
}
