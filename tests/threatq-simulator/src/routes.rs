//! The calls: which path and method is which, and in which order a request is judged: path, token, collection, query. A
//! path that is not named here does not exist.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use vision_one_simulator::RetryAfter;

use crate::answer::Answer;
use crate::certificate::random_text;
use crate::collection::{InvalidQuery, shaped};
use crate::fault::{Effect, Endpoint, Plan};
use crate::settings::ScoreShape;
use crate::state::State;

/// Objects of a page where nobody asks for a number.
const PAGE_OBJECTS: usize = 100;

/// A request.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// A call with what its path names.
enum Route<'a> {
    Token,
    Page(&'a str),
    Object(u64),
}

impl Call<'_> {
    fn route(&self) -> Option<Route<'_>> {
        let path = self.path.strip_prefix("/api/")?;
        if self.method == Method::POST && path == "token" {
            return Some(Route::Token);
        }
        let path = path.strip_prefix("indicators/").filter(|_| self.method == Method::GET)?;
        match path.strip_prefix("query/hash/") {
            Some(hash) => Some(Route::Page(hash)).filter(|_| !hash.is_empty() && !hash.contains('/')),
            None => path.parse().ok().map(Route::Object),
        }
    }

    /// Which call it is, for faults.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.route().map(|route| match route {
            Route::Token => Endpoint::Token,
            Route::Page(_) => Endpoint::Page,
            Route::Object(_) => Endpoint::Object,
        })
    }
}

/// Judges a request.
pub(crate) fn answer(state: &mut State, call: &Call<'_>, plan: &Plan) -> Answer {
    if plan.expire_tokens {
        state.expire_tokens();
    }
    for change in &plan.changes {
        if let Err(error) = state.change(change) {
            return Answer::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
        }
    }
    if let Some(answer) = plan.effect.as_ref().and_then(instead) {
        return answer;
    }
    let mut answer = match call.route() {
        None => Answer::error(StatusCode::NOT_FOUND, "Not found"),
        Some(Route::Token) => token(state, call),
        Some(route) => match (refused_token(state, call), route) {
            (Some(refused), _) => refused,
            (None, Route::Page(hash)) => page(state, hash, call.query, plan.effect.as_ref()),
            (None, Route::Object(id)) => object(state, id, call.query),
            (None, Route::Token) => token(state, call),
        },
    };
    match plan.effect {
        Some(Effect::Truncated) => answer.truncated = true,
        Some(Effect::MalformedJson) => answer.body.truncate(answer.body.len() / 2),
        _ => {}
    }
    answer
}

/// The answer of a fault that leaves nothing of the real one.
fn instead(effect: &Effect) -> Option<Answer> {
    let known = |status: u16| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Some(match effect {
        Effect::Status { status, body } => match body {
            None => Answer::for_status(known(*status)),
            Some(Value::String(text)) => Answer::text(known(*status), text.clone()),
            Some(value) => Answer::json(known(*status), value),
        },
        Effect::TooManyRequests { retry_after } => {
            let mut answer = Answer::error(StatusCode::TOO_MANY_REQUESTS, "Too Many Attempts.");
            let value = match retry_after {
                RetryAfter::Seconds(seconds) => Some(HeaderValue::from(*seconds)),
                RetryAfter::Date(seconds) => http_date(*seconds),
                RetryAfter::Absent => None,
            };
            answer.headers.extend(value.map(|value| (RETRY_AFTER, value)));
            answer
        }
        Effect::Html { status, title } => Answer::html(known(*status), title),
        Effect::Redirect { location } => {
            let mut answer = Answer::html(StatusCode::FOUND, "Redirecting");
            answer.headers.extend(HeaderValue::from_str(location).ok().map(|value| (LOCATION, value)));
            answer
        }
        _ => return None,
    })
}

fn http_date(seconds: u64) -> Option<HeaderValue> {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let ahead = time::Duration::seconds(i64::try_from(seconds).ok()?);
    OffsetDateTime::now_utc().checked_add(ahead)?.format(format).ok()?.parse().ok()
}

/// A log-in: by password or by client credentials.
fn token(state: &mut State, call: &Call<'_>) -> Answer {
    let form = fields(call.body);
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let unauthorized = |message| Answer::error(StatusCode::UNAUTHORIZED, message);
    match field("grant_type") {
        "password" => {
            let account = &state.settings.account;
            if field("client_id") != account.client_id {
                return unauthorized("Client authentication failed.");
            }
            if (field("email"), field("password")) != (&account.email, &account.password) {
                return unauthorized("The user credentials were incorrect.");
            }
        }
        "client_credentials" => {
            let client = &state.settings.client;
            let expected = STANDARD.encode(format!("{}:{}", client.id, client.secret));
            if bare(call.headers, "Basic ") != Some(expected.as_str()) {
                return unauthorized("Client authentication failed.");
            }
        }
        "" => return Answer::field_error("grant_type", "The grant type field is required."),
        _ => return Answer::field_error("grant_type", "The selected grant type is invalid."),
    }
    let (Ok(access), Ok(refresh)) = (random_text(), random_text()) else {
        return Answer::error(StatusCode::INTERNAL_SERVER_ERROR, "There are no random bytes.");
    };
    let granted = json!({
        "access_token": access, "token_type": "Bearer", "expires_in": state.settings.token_seconds,
        "refresh_token": refresh,
    });
    state.give_out(access);
    Answer::json(StatusCode::OK, &granted)
}

/// Why the token of a request is not enough; none where it is.
fn refused_token(state: &State, call: &Call<'_>) -> Option<Answer> {
    let message = match bare(call.headers, "Bearer ").map(|token| state.token(token)) {
        Some(Some(true)) => return None,
        Some(Some(false)) => "The access token has expired.",
        Some(None) => "The access token is invalid.",
        None => "Unauthenticated.",
    };
    Some(Answer::error(StatusCode::UNAUTHORIZED, message))
}

fn page(state: &mut State, hash: &str, query: &str, effect: Option<&Effect>) -> Answer {
    if state.settings.forbidden.contains(hash) {
        return Answer::error(StatusCode::FORBIDDEN, "This action is unauthorized.");
    }
    let query = fields(query.as_bytes());
    let field = |name: &str, usual: &str| query.get(name).map_or_else(|| usual.to_owned(), Clone::clone);
    let (sort, mark) = (field("sort", "id"), field("cursorMark", "*"));
    let Ok(limit) = field("limit", &PAGE_OBJECTS.to_string()).parse::<usize>() else {
        return Answer::field_error("limit", "The limit must be an integer.");
    };
    let limit = limit.min(usize::try_from(state.settings.page_objects).unwrap_or(usize::MAX));
    let Some(collection) = state.collections.get(hash) else {
        return Answer::error(StatusCode::NOT_FOUND, "Not found");
    };
    let from = if matches!(effect, Some(Effect::EndlessMarks)) { "*" } else { &mark };
    let page = match collection.page(&sort, from, limit, state.settings.score) {
        Ok(page) => page,
        Err(InvalidQuery(field, message)) => return Answer::field_error(field, message),
    };
    let mut envelope = Map::new();
    envelope.insert("total".to_owned(), collection.len().into());
    // An empty list is an empty object, as real appliances write it.
    let data = if page.objects.is_empty() { json!({}) } else { Value::Array(page.objects) };
    envelope.insert("data".to_owned(), data);
    envelope.insert("limit".to_owned(), limit.into());
    let mut next = Some(page.next);
    match effect {
        Some(Effect::RepeatedMark) => next = Some(mark),
        Some(Effect::NextMark { mark }) => next.clone_from(mark),
        Some(Effect::EndlessMarks) => {
            state.marks += 1;
            next = Some(format!("endless+{}", state.marks));
        }
        Some(Effect::Total { total }) => {
            envelope.insert("total".to_owned(), (*total).into());
        }
        _ => {}
    }
    envelope.extend(next.map(|next| ("nextCursorMark".to_owned(), next.into())));
    Answer::json(StatusCode::OK, &Value::Object(envelope))
}

fn object(state: &State, id: u64, query: &str) -> Answer {
    let with = fields(query.as_bytes());
    let with_score = with.get("with").is_some_and(|with| with.split(',').any(|part| part == "score"));
    let shape = if with_score { ScoreShape::Object } else { ScoreShape::Number };
    match state.collections.values().find_map(|collection| collection.object(id)) {
        Some(object) => Answer::json(StatusCode::OK, &json!({"total": 1, "data": shaped(object, shape)})),
        None => Answer::error(StatusCode::NOT_FOUND, "Not found"),
    }
}

/// The fields of a form or a query.
fn fields(text: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// What follows a scheme in the header that says who asks.
fn bare<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)
}

/// The answer to a body that no call has.
pub(crate) fn too_large() -> Answer {
    Answer::html(StatusCode::PAYLOAD_TOO_LARGE, "413 Request Entity Too Large")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::collection::Collection;
    use crate::state::Shared;

    fn shared() -> Shared {
        let shared = Shared::new(Settings::default(), String::new());
        let mut state = shared.state();
        state.settings.account.password = "password".to_owned();
        state.settings.client.secret = "secret".to_owned();
        state.settings.forbidden.insert("closed".to_owned());
        let objects = json!([{"id": 1, "score": 7}, {"id": 2, "score": {"generated_score": "6.50"}}]);
        state.collections.insert("abc".to_owned(), Collection::read(objects).unwrap());
        state.give_out("good".to_owned());
        drop(state);
        shared
    }

    fn ask(shared: &Shared, method: &str, target: &str, authorization: &str, body: &str) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let method = method.parse().unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())]);
        let call = Call { method: &method, path, query, headers: &headers, body: body.as_bytes() };
        let answer = answer(&mut shared.state(), &call, &Plan::default());
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn what_is_asked_for_by_nobody_who_may_is_refused() {
        let shared = shared();
        let page = "/api/indicators/query/hash/abc";
        for (target, authorization, expected) in [
            (page, "Bearer good", 200),
            (page, "", 401),
            (page, "Bearer bad", 401),
            (page, "Basic good", 401),
            ("/api/indicators/1", "Bearer bad", 401),
            ("/api/indicators/query/hash/other", "Bearer good", 404),
            ("/api/indicators/query/hash/closed", "Bearer good", 403),
            ("/api/indicators/query/hash/abc?sort=value", "Bearer good", 400),
            ("/api/indicators/query/hash/abc?limit=all", "Bearer good", 400),
            ("/api/indicators/query/hash/abc?cursorMark=x", "Bearer good", 400),
            ("/api/indicators/query/hash/", "Bearer good", 404),
            ("/api/indicators/query/hash/abc/1", "Bearer good", 404),
            ("/api/indicators/9", "Bearer good", 404),
            ("/api/token", "Bearer good", 404),
            ("/other", "Bearer good", 404),
        ] {
            let (status, answer) = ask(&shared, "GET", target, authorization, "");
            assert_eq!(status, expected, "{target} {authorization}: {answer}");
            let errors = if status == 400 { answer.pointer("/data/errors") } else { answer.get("errors") };
            assert_eq!(errors.is_some(), status != 200, "{answer}");
        }
        shared.state().expire_tokens();
        assert_eq!(ask(&shared, "GET", page, "Bearer good", "").0, 401);
        assert_eq!(ask(&shared, "POST", page, "Bearer good", "").0, 404);
    }

    #[test]
    fn a_token_is_given_out_for_what_is_right_and_is_good_then() {
        let shared = shared();
        let basic = format!("Basic {}", STANDARD.encode("palisade:secret"));
        let password = "grant_type=password&email=analyst%40threatq.example&client_id=threatq-web&password=";
        for (authorization, form, expected) in [
            ("", format!("{password}password"), 200),
            (&basic, "grant_type=client_credentials".to_owned(), 200),
            ("", format!("{password}wrong"), 401),
            ("Basic wrong", "grant_type=client_credentials".to_owned(), 401),
            ("", "grant_type=other".to_owned(), 400),
            ("", String::new(), 400),
        ] {
            let (status, granted) = ask(&shared, "POST", "/api/token", authorization, &form);
            assert_eq!(status, expected, "{form}: {granted}");
            if let Some(token) = granted["access_token"].as_str() {
                let bearer = format!("Bearer {token}");
                assert_eq!(ask(&shared, "GET", "/api/indicators/1", &bearer, "").0, 200);
            }
        }
    }

    #[test]
    fn one_object_has_its_score_in_the_shape_that_was_asked_for() {
        let shared = shared();
        let score = |target| ask(&shared, "GET", target, "Bearer good", "").1["data"]["score"].clone();
        assert_eq!(score("/api/indicators/2"), 6.5);
        assert_eq!(score("/api/indicators/1?with=sources,score")["generated_score"], "7.00");
    }

    #[test]
    fn a_page_is_capped_and_an_empty_one_is_an_empty_object() {
        let shared = shared();
        shared.state().settings.page_objects = 1;
        let (_, page) = ask(&shared, "GET", "/api/indicators/query/hash/abc?limit=500", "Bearer good", "");
        assert_eq!(
            (&page["total"], &page["limit"], page["data"].as_array().unwrap().len()),
            (&json!(2), &json!(1), 1)
        );
        shared.state().collections.insert("none".to_owned(), Collection::default());
        let (_, page) = ask(&shared, "GET", "/api/indicators/query/hash/none", "Bearer good", "");
        assert_eq!(page, json!({"total": 0, "data": {}, "limit": 1, "nextCursorMark": "*"}));
    }
}
