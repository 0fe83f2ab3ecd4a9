//! What stands before every handler: the least role, the proof against forged requests, and the time that an answer may take.
//! Denied by default: a route is registered only together with its access (`Routes`).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use palisade_limits as limits;

use super::forgery::{self, Served};
use super::who::{Caller, Via};
use super::{Role, Who};
use crate::bodies::Account;
use crate::{App, Failure, kept};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever reaches the service.
    Anybody,
    /// Somebody of this role or a higher one.
    AtLeast(Role),
}

/// Somebody who may see.
pub const VIEWER: Access = Access::AtLeast(Role::Viewer);
/// Somebody who may also configure and run.
pub const OPERATOR: Access = Access::AtLeast(Role::Operator);
/// Somebody who may also make people.
pub const ADMINISTRATOR: Access = Access::AtLeast(Role::Administrator);

/// What a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Forms and JSON of at most this many bytes, held whole.
    Forms(u64),
    /// Large bodies of at most this many bytes, streamed.
    Uploads(u64),
    /// Forms that are sent before there is a session.
    OpenForms,
}

/// Stands before a handler.
pub(crate) async fn guard(app: App, access: Access, takes: Takes, request: Request, next: Next) -> Response {
    if let Some(account) =
        request.extensions().get::<Arc<Account>>().filter(|_| matches!(takes, Takes::Uploads(_)))
    {
        account.upload();
    }
    let request = match judge(&app, access, takes, request).await {
        Ok(request) => request,
        Err(failure) => return failure.into_response(),
    };
    if let Takes::Uploads(bytes) = takes {
        // How long it takes is the client's line; that it moves is seen to elsewhere.
        return limited(next.run(request).await, bytes);
    }
    let limit = Duration::from_secs(limits::HTTP_ANSWER_SECONDS);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => match takes {
            Takes::Forms(bytes) => limited(response, bytes),
            Takes::Uploads(_) | Takes::OpenForms => response,
        },
        Err(_) => Failure::busy("the answer took too long").into_response(),
    }
}

/// A refusal of a body that is too large says how large it can be, whoever refused it.
fn limited(mut response: Response, bytes: u64) -> Response {
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE
        && !response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    {
        response.extensions_mut().insert(Failure::too_large(bytes));
    }
    response
}

async fn judge(app: &App, access: Access, takes: Takes, request: Request) -> Result<Request, Failure> {
    let who: Option<Who> = request.extensions().get::<Caller>().and_then(|caller| caller.0.clone());
    if let Access::AtLeast(role) = access {
        let Some(who) = &who else {
            let is_page = !request.uri().path().starts_with("/api/");
            let keeps = is_page && request.method() == Method::POST;
            let kept = if keeps { kept::keep(app, takes, request).await? } else { None };
            return Err(Failure::log_in_needed().with_kept_form(kept));
        };
        if !who.may(role) {
            return Err(Failure::forbidden(role));
        }
    }
    // Nobody can make a browser send a token: only what it sends by itself needs proof.
    let by_token = who.as_ref().is_some_and(|who| matches!(who.via, Via::Token { .. }));
    if request.method().is_safe() || by_token {
        return Ok(request);
    }
    forgery::same_site(request.headers(), request.extensions().get::<Served>(), app.tls())?;
    match who {
        Some(who) => match takes {
            Takes::Forms(bytes) => forgery::proved(request, who.csrf(), Some(bytes)).await,
            Takes::Uploads(_) => forgery::proved(request, who.csrf(), None).await,
            Takes::OpenForms => Ok(request),
        },
        None => Ok(request),
    }
}
