//! The requests to one appliance: a log-in where a token is needed, then pages. Nothing else is granted.
//!
//! A token that has expired is renewed once for each page; a fresh one that is refused as well is told, not tried again.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use palisade_egress::{
    Client, Credential, ExposeSecret, Gate, Grant, PathRule, SecretString, SendError, Session, SessionLimits,
    Traffic, Wire,
};
use palisade_limits as limits;
use palisade_model::excerpt;
use palisade_redaction::Redactor;
use tokio::time::Instant;

use crate::answer::{self, Page, Unexpected};
use crate::found::found;
use crate::log::RequestLog;
use crate::paging::Paging;
use crate::{Connection, LogIn, ThreatQError};

/// Where tokens are given out.
const TOKEN_PATH: &str = "/api/token";
/// Where collections are, each behind its id.
const COLLECTION_PATH: &str = "/api/indicators/query/hash/";

/// What was asked for, in messages.
const LOG_IN: &str = "the log-in";
const PAGE: &str = "a page of the collection";

/// One appliance, for as long as one collection is read.
pub(crate) struct Appliance<'connection> {
    connection: &'connection Connection,
    client: Client,
    deadline: Instant,
    gate: Gate,
    /// Knows the secret of the log-in, what is made of it, and the token.
    redactor: Arc<Redactor>,
    /// What may ask for pages; none before the first log-in.
    session: Option<Session>,
    log_ins: u64,
    /// Of sessions that are over.
    traffic: Traffic,
    log: RequestLog,
}

impl<'connection> Appliance<'connection> {
    pub(crate) fn new(
        connection: &'connection Connection,
        client: Client,
        deadline: Instant,
        log: RequestLog,
    ) -> Self {
        let redactor = Arc::new(Redactor::new(client.secrets().iter().chain([connection.log_in.secret()])));
        Self {
            log,
            connection,
            client,
            deadline,
            gate: Gate::default(),
            redactor,
            session: None,
            log_ins: 0,
            traffic: Traffic::default(),
        }
    }

    /// How many tokens were asked for.
    pub(crate) fn log_ins(&self) -> u64 {
        self.log_ins
    }

    /// What has gone over the wire.
    pub(crate) fn traffic(&self) -> Traffic {
        self.session.iter().fold(self.traffic, |sum, session| added(sum, session.traffic()))
    }

    /// The body of the next page.
    pub(crate) async fn page(&mut self, paging: &Paging) -> Result<Bytes, ThreatQError> {
        let mut fresh = false;
        loop {
            let session = match &self.session {
                Some(session) => session.clone(),
                None => {
                    fresh = true;
                    self.log_in().await?
                }
            };
            let path = format!("{COLLECTION_PATH}{}?{}", self.connection.collection, paging.query());
            let request = self.request(Method::GET, &path, Bytes::new())?;
            let purpose = format!("Read the data collection from ThreatQ, page {}", paging.pages() + 1);
            let answer = self.log.send(&session, request, purpose).await.map_err(|error| match error {
                SendError::ResponseTooLarge { limit, .. } => {
                    ThreatQError::PageTooLarge { origin: self.origin(), limit }
                }
                error => self.no_answer(error),
            })?;
            if answer.status() == StatusCode::UNAUTHORIZED && !fresh {
                tracing::info!(origin = %self.connection.origin, "the token is not accepted any more");
                self.end_session();
                if !matches!(self.connection.log_in, LogIn::Token(_)) {
                    continue;
                }
            }
            return self.judge_page(answer);
        }
    }

    /// The envelope of a page.
    pub(crate) fn envelope(&self, body: &[u8]) -> Result<Page, ThreatQError> {
        Page::read(body, &self.redactor).map_err(|unexpected| self.not_a_page(unexpected))
    }

    /// An answer that has not the shape which was expected of a page.
    pub(crate) fn not_a_page(&self, unexpected: Unexpected) -> ThreatQError {
        self.not_understood(PAGE, unexpected)
    }

    /// Gets a token, and opens the session that uses it.
    async fn log_in(&mut self) -> Result<Session, ThreatQError> {
        let token = match &self.connection.log_in {
            LogIn::Token(token) => {
                let credential = bearer(token).map_err(|cause| ThreatQError::Credential {
                    what: self.connection.log_in.what(),
                    cause,
                })?;
                return Ok(self.open_session(token, credential));
            }
            LogIn::Password { email, password, client_id } => {
                let form = form(&[
                    ("grant_type", "password"),
                    ("email", email),
                    ("password", password.expose_secret()),
                    ("client_id", client_id),
                ]);
                self.token(form, None).await?
            }
            LogIn::ClientCredentials { client_id, client_secret } => {
                let pair = SecretString::from(
                    STANDARD.encode(format!("{client_id}:{}", client_secret.expose_secret())),
                );
                self.know(&[client_secret, &pair]);
                let credential = Credential::new("authorization", "Basic ", &pair, "").map_err(|cause| {
                    ThreatQError::Credential { what: self.connection.log_in.what(), cause }
                })?;
                self.token(form(&[("grant_type", "client_credentials")]), Some(credential)).await?
            }
        };
        let credential = bearer(&token).map_err(|cause| {
            let expected = "an `access_token` that a header can carry";
            self.not_understood(
                LOG_IN,
                Unexpected { expected, found: format!("one that it cannot: {cause}") },
            )
        })?;
        Ok(self.open_session(&token, credential))
    }

    async fn token(
        &mut self,
        form: Bytes,
        credential: Option<Credential>,
    ) -> Result<SecretString, ThreatQError> {
        let grant = self.grant(Method::POST, TOKEN_PATH, credential);
        let session = self.new_session(grant, SessionLimits::default());
        let mut request = self.request(Method::POST, TOKEN_PATH, form)?;
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.log_ins += 1;
        let result = self.log.send(&session, request, "Log in to ThreatQ".to_owned()).await;
        self.traffic = added(self.traffic, session.traffic());
        let answer = result.map_err(|error| self.no_answer(error))?;
        let status = answer.status();
        if status.is_success() {
            return answer::token(answer.body(), &self.redactor)
                .map_err(|unexpected| self.not_understood(LOG_IN, unexpected));
        }
        Err(match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::TOO_MANY_REQUESTS => {
                self.refused(LOG_IN, &answer)
            }
            _ if status.is_client_error() => ThreatQError::LogInRefused {
                origin: self.origin(),
                what: self.connection.log_in.what(),
                said: self.said(answer.body()),
            },
            _ => self.refused(LOG_IN, &answer),
        })
    }

    fn judge_page(&self, answer: Response<Bytes>) -> Result<Bytes, ThreatQError> {
        let (origin, collection) = (self.origin(), self.connection.collection.clone());
        Err(match answer.status() {
            status if status.is_success() => return Ok(answer.into_body()),
            StatusCode::UNAUTHORIZED => {
                let what = match self.connection.log_in {
                    LogIn::Token(_) => self.connection.log_in.what(),
                    _ => "the token that it has just given out",
                };
                ThreatQError::LogInRefused { origin, what, said: self.said(answer.body()) }
            }
            StatusCode::FORBIDDEN => {
                ThreatQError::NotAllowed { origin, collection, said: self.said(answer.body()) }
            }
            StatusCode::NOT_FOUND => ThreatQError::NoSuchCollection { origin, collection },
            _ => self.refused(PAGE, &answer),
        })
    }

    /// Any status that has no meaning of its own.
    fn refused(&self, asked: &'static str, answer: &Response<Bytes>) -> ThreatQError {
        let (origin, status) = (self.origin(), answer.status());
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok());
            return ThreatQError::Throttled { origin, wait: seconds.map(Duration::from_secs) };
        }
        let found = match (status.is_redirection(), header(LOCATION)) {
            (true, Some(location)) => {
                format!("a redirection to `{}`", excerpt(&self.redactor.text(location)))
            }
            _ => self.said(answer.body()).unwrap_or_else(|| found(answer.body(), &self.redactor)),
        };
        ThreatQError::Refused { origin, asked, status: status.as_u16(), found }
    }

    fn not_understood(&self, asked: &'static str, unexpected: Unexpected) -> ThreatQError {
        let Unexpected { expected, found } = unexpected;
        let found = self.redactor.text(&found).into_owned();
        ThreatQError::NotUnderstood { origin: self.origin(), asked, expected, found }
    }

    fn no_answer(&self, error: SendError) -> ThreatQError {
        match error {
            SendError::DeadlinePassed => ThreatQError::Deadline { pages: 0, objects: 0 },
            SendError::ThrottledPastDeadline { wait, .. } => {
                ThreatQError::Throttled { origin: self.origin(), wait: Some(wait) }
            }
            error => ThreatQError::NoAnswer(error),
        }
    }

    /// What the appliance says.
    fn said(&self, body: &[u8]) -> Option<String> {
        answer::errors(body, &self.redactor)
    }

    fn origin(&self) -> String {
        self.connection.origin.to_string()
    }

    fn open_session(&mut self, token: &SecretString, credential: Credential) -> Session {
        self.know(&[self.connection.log_in.secret(), token]);
        let path = format!("{COLLECTION_PATH}{}", self.connection.collection);
        let grant = self.grant(Method::GET, &path, Some(credential));
        let limits =
            SessionLimits { response_body_bytes: limits::THREATQ_PAGE_BYTES, ..SessionLimits::default() };
        let session = self.new_session(grant, limits);
        self.session = Some(session.clone());
        session
    }

    /// Has everything searched for these secrets, and for those of the connections.
    fn know(&mut self, secrets: &[&SecretString]) {
        self.redactor = Arc::new(Redactor::new(secrets.iter().copied().chain(self.client.secrets())));
    }

    fn end_session(&mut self) {
        self.traffic = self.traffic();
        self.session = None;
    }

    fn new_session(&self, grant: Grant, limits: SessionLimits) -> Session {
        let wire = Wire::Network(self.client.clone());
        Session::new(wire, vec![grant], self.gate.clone(), limits, self.deadline, None)
            .redacting(Arc::clone(&self.redactor))
    }

    /// A token that was asked for twice is two tokens, which harms nobody.
    fn grant(&self, method: Method, path: &str, credential: Option<Credential>) -> Grant {
        Grant {
            origin: self.connection.origin.clone(),
            // The appliance issues a token, and nothing here is a dry run.
            changes: method != Method::GET,
            methods: vec![method],
            paths: vec![PathRule::Exact(path.to_owned())],
            headers: Vec::new(),
            credential,
            idempotent: true,
            reason: String::new(),
        }
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Bytes>, ThreatQError> {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.connection.origin))
            .header(ACCEPT, "application/json")
            .body(body)
            .map_err(|error| {
                let expected = "a mark that can be part of an address";
                self.not_understood(PAGE, Unexpected { expected, found: error.to_string() })
            })
    }
}

fn bearer(token: &SecretString) -> Result<Credential, palisade_egress::CredentialError> {
    Credential::new("authorization", "Bearer ", token, "")
}

fn form(fields: &[(&str, &str)]) -> Bytes {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into()
}

fn added(sum: Traffic, more: Traffic) -> Traffic {
    Traffic {
        requests: sum.requests + more.requests,
        repeats: sum.repeats + more.repeats,
        throttled: sum.throttled + more.throttled,
        lost: sum.lost + more.lost,
        waited: sum.waited.saturating_add(more.waited),
        bytes_sent: sum.bytes_sent + more.bytes_sent,
        bytes_received: sum.bytes_received + more.bytes_received,
    }
}
