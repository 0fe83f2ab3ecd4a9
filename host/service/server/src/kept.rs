//! Forms that were sent with a session that had ended: kept until their sender has logged in again, then done as if they had been
//! sent then. A form is kept only if it carries the text of the ended session and comes from one of our own pages, and is done only
//! for the same person, with all checks of their new session. Forms with files are kept on the disk of the state, in files without a
//! name that end with the process. Denied by default: forms of others, more than a few, after a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_store::{SessionRow, UserId};
use tokio::sync::Semaphore;

use crate::security::forgery::{self, Served};
use crate::security::guard::Takes;
use crate::security::{cookies, opaque, session};
use crate::{App, Failure, Peer};

mod content;

pub(crate) use content::Content;

const FORM: &str = "application/x-www-form-urlencoded";
const FILES: &str = "multipart/form-data";

/// The forms.
pub(crate) struct Kept {
    held: Mutex<HashMap<String, Held>>,
    /// Places for forms with files.
    files: Arc<Semaphore>,
}

struct Held {
    owner: UserId,
    at: Timestamp,
    form: Form,
}

/// A form that waits.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Path and query that it was sent to.
    pub(crate) target: String,
    /// The type of its body: with files it names what separates them.
    kind: HeaderValue,
    content: Content,
}

impl Default for Kept {
    fn default() -> Self {
        Self { held: Mutex::default(), files: Arc::new(Semaphore::new(limits::KEPT_UPLOADS as usize)) }
    }
}

impl Kept {
    /// Keeps a form; the text opens it. An earlier one of the same person goes. None if others take all the room.
    fn keep(&self, owner: UserId, form: Form, now: Timestamp) -> Result<Option<String>, Failure> {
        let token = opaque::random()?;
        self.make_room(owner, now);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() as u64 >= limits::KEPT_FORMS {
            return Ok(None);
        }
        held.insert(token.clone(), Held { owner, at: now, form });
        Ok(Some(token))
    }

    /// Forgets forms whose time is over, and the earlier one of a person who sends another.
    fn make_room(&self, owner: UserId, now: Timestamp) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| !is_over(held.at, now) && held.owner != owner);
    }

    /// Forgets forms whose time is over.
    fn sweep(&self, now: Timestamp) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| !is_over(held.at, now));
    }

    /// Whether a text opens a form.
    pub(crate) fn waits(&self, token: &str, now: Timestamp) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(token).is_some_and(|held| !is_over(held.at, now))
    }

    /// Takes the form that a text opens, if it is this person's.
    pub(crate) fn take(&self, token: &str, owner: UserId, now: Timestamp) -> Option<Form> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(token).filter(|held| held.owner == owner && !is_over(held.at, now))?;
        held.remove(token).map(|held| held.form)
    }
}

fn is_over(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).as_secs() >= i64::try_from(limits::KEPT_FORM_SECONDS).unwrap_or(i64::MAX)
}

/// Keeps the form of a request that nobody is logged in for, if its session has ended by itself.
pub(crate) async fn keep(app: &App, takes: Takes, request: Request) -> Result<Option<String>, Failure> {
    let headers = request.headers();
    let media = forgery::media_type(headers);
    // A part of a page is loaded again by its page.
    if headers.contains_key(AUTHORIZATION) || headers.contains_key("hx-request") {
        return Ok(None);
    }
    let Some(cookie) = cookies::read(headers, cookies::session_name(app.tls())) else { return Ok(None) };
    let Some(ended) = session::ended(app, cookie).await? else { return Ok(None) };
    if forgery::same_site(headers, request.extensions().get::<Served>(), app.tls()).is_err() {
        return Ok(None);
    }
    let target = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let Some(kind) = headers.get(CONTENT_TYPE).cloned() else { return Ok(None) };
    let content = match takes {
        Takes::Forms(_) if media == FORM => fields(request, &ended).await,
        Takes::Uploads(bytes) if media == FILES => files(app, request, &ended, bytes).await?,
        _ => None,
    };
    let Some(content) = content else { return Ok(None) };
    let kept = app.kept().keep(ended.user.id, Form { target, kind, content }, app.now())?;
    if kept.is_some() {
        let app = app.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(limits::KEPT_FORM_SECONDS)).await;
            app.kept().sweep(app.now());
        });
    }
    Ok(kept)
}

/// Whether a text is that of the forms of a session that has ended.
fn is_proof(given: &str, ended: &SessionRow) -> bool {
    !ended.csrf.is_empty() && opaque::same(given, &ended.csrf)
}

async fn fields(request: Request, ended: &SessionRow) -> Option<Content> {
    let most = usize::try_from(limits::KEPT_FORM_BYTES).unwrap_or(usize::MAX);
    let body = to_bytes(request.into_body(), most).await.ok()?;
    let given = form_urlencoded::parse(&body).find(|(name, _)| name == forgery::FIELD);
    given.filter(|(_, given)| is_proof(given, ended))?;
    Some(Content::Memory(body))
}

/// The form with its files, once its first field is found to be the text of the ended session. Nothing is written before.
async fn files(
    app: &App,
    request: Request,
    ended: &SessionRow,
    most: u64,
) -> Result<Option<Content>, Failure> {
    let Some(mut sent) = content::Sent::begin(request, most).await else { return Ok(None) };
    if !sent.proof().await.is_some_and(|given| is_proof(&given, ended)) {
        return Ok(None);
    }
    app.kept().make_room(ended.user.id, app.now());
    let Ok(place) = Arc::clone(&app.kept().files).try_acquire_owned() else { return Ok(None) };
    Ok(sent.write(app.directory(), place).await)
}

/// What is to be done after an answer: the kept form, in a session that has just begun.
#[derive(Clone)]
pub(crate) struct Resume {
    pub(crate) form: Form,
    /// The session's cookie as it is set.
    pub(crate) cookie: String,
    /// What its forms carry.
    pub(crate) csrf: String,
}

impl Resume {
    fn request(&self, headers: HeaderMap, peer: Option<Peer>) -> Request {
        let mut headers = headers;
        let session = self.cookie.split(';').next().unwrap_or_default();
        let own = session.split('=').next().unwrap_or_default();
        let others = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .map(str::trim)
            .filter(|pair| pair.split('=').next() != Some(own));
        let cookies: Vec<&str> = others.chain([session]).collect();
        let values = [
            (CONTENT_TYPE, Ok(self.form.kind.clone())),
            (CONTENT_LENGTH, Ok(HeaderValue::from(self.form.content.bytes()))),
            (COOKIE, HeaderValue::from_str(&cookies.join("; "))),
            (axum::http::HeaderName::from_static(forgery::HEADER), HeaderValue::from_str(&self.csrf)),
        ];
        for (name, value) in values {
            if let Ok(value) = value {
                headers.insert(name, value);
            }
        }
        let mut request = Request::new(self.form.content.body());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.form.target.parse().unwrap_or_default();
        *request.headers_mut() = headers;
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        request
    }
}

/// Stands before everything: where a log-in is followed by a kept form, the answer is that form's.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || request.uri().path() != "/log-in" {
        return next.run(request).await;
    }
    let (headers, peer) = (request.headers().clone(), request.extensions().get::<Peer>().copied());
    let again = next.clone();
    let mut response = next.run(request).await;
    let Some(resume) = response.extensions_mut().remove::<Resume>() else { return response };
    let mut done = again.run(resume.request(headers, peer)).await;
    for cookie in response.headers().get_all(SET_COOKIE) {
        done.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    done
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    const ADA: UserId = UserId(1);
    const GRACE: UserId = UserId(2);

    fn form(body: &'static str) -> Form {
        let content = Content::Memory(Bytes::from_static(body.as_bytes()));
        Form { target: "/workflows/new".to_owned(), kind: HeaderValue::from_static(FORM), content }
    }

    fn text(form: Option<Form>) -> Option<Bytes> {
        form.map(|form| match form.content {
            Content::Memory(bytes) => bytes,
            Content::File(_) => panic!("a file"),
        })
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_form_is_its_senders_alone_and_is_done_once() {
        let kept = Kept::default();
        let token = kept.keep(ADA, form("a=1"), second(0)).unwrap().unwrap();
        assert!(kept.waits(&token, second(1)) && !kept.waits("other", second(1)));
        assert_eq!(text(kept.take(&token, GRACE, second(1))), None);
        assert_eq!(text(kept.take(&token, ADA, second(1))), Some("a=1".into()));
        assert_eq!(text(kept.take(&token, ADA, second(1))), None);
    }

    #[test]
    fn a_form_does_not_wait_indefinitely_and_the_latest_of_somebody_counts() {
        let kept = Kept::default();
        let end = limits::KEPT_FORM_SECONDS as i64;
        let first = kept.keep(ADA, form("a=1"), second(0)).unwrap().unwrap();
        assert!(kept.waits(&first, second(end - 1)) && !kept.waits(&first, second(end)));
        let later = kept.keep(ADA, form("a=2"), second(1)).unwrap().unwrap();
        assert_eq!(text(kept.take(&first, ADA, second(2))), None);
        assert_eq!(text(kept.take(&later, ADA, second(2))), Some("a=2".into()));
    }

    #[test]
    fn there_is_room_for_a_few_and_nobody_pushes_another_out() {
        let kept = Kept::default();
        for owner in 0..limits::KEPT_FORMS {
            assert!(kept.keep(UserId(owner as i64), form("a=1"), second(0)).unwrap().is_some());
        }
        assert_eq!(kept.keep(UserId(1_000), form("a=1"), second(1)).unwrap(), None);
        assert!(kept.keep(UserId(0), form("a=1"), second(1)).unwrap().is_some());
    }

    #[test]
    fn the_request_is_sent_with_the_new_session_and_the_old_choice_of_colours() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("palisade=old; palisade-theme=dark"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("999"));
        let resume = Resume {
            form: form("a=1"),
            cookie: "palisade=new; Path=/; HttpOnly".to_owned(),
            csrf: "text".to_owned(),
        };
        let request = resume.request(headers, None);
        assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/workflows/new"));
        assert_eq!(request.headers()[COOKIE], "palisade-theme=dark; palisade=new");
        assert_eq!(request.headers()[CONTENT_LENGTH], "3");
        assert_eq!(request.headers()[forgery::HEADER], "text");
    }
}
