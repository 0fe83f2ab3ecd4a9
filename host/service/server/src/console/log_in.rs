//! Logging in and out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};
use secrecy::SecretString;
use serde::Deserialize;

use super::wording::sentence;
use crate::kept::Resume;
use crate::routes::Routes;
use crate::security::guard::{Access, VIEWER};
use crate::security::{Anybody, Viewer, cookies, session};
use crate::view::{Field, Frame, Notice, Section, Visit, page, page_with, see_other};
use crate::{App, Failure, people};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .list::<Next, _, _>("/log-in", Access::Anybody, form)
        .open_post("/log-in", log_in)
        .post("/log-out", VIEWER, log_out)
}

#[derive(Template)]
#[template(path = "pages/log_in.html")]
struct LogIn {
    frame: Frame,
    fault: Option<String>,
    name: Field,
    password: Field,
    next: String,
    /// Opens the form that waits for the log-in; empty if there is none.
    kept: String,
    /// Nobody could log in yet: the service has just been set up.
    nobody: bool,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept: String,
}

#[derive(Deserialize)]
struct Given {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept: String,
}

async fn written(
    app: &App,
    visit: Visit,
    name: &str,
    next: &Next,
    fault: Option<String>,
) -> Result<LogIn, Failure> {
    let name = Field::text("name", "Name").required().value(name).attribute("autocomplete", "username");
    Ok(LogIn {
        nobody: people::list(app).await?.is_empty(),
        frame: visit.frame(app, "Log in", Section::Elsewhere),
        fault,
        name: name.attribute("autocapitalize", "none").attribute("spellcheck", "false"),
        password: Field::secret("password", "Password", "current-password").required(),
        next: local(&next.next).to_owned(),
        kept: Some(&next.kept).filter(|kept| app.kept().waits(kept, app.now())).cloned().unwrap_or_default(),
    })
}

/// A path of ours; anything that could lead elsewhere is the overview.
pub(super) fn local(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let leads_out = next.starts_with("//") || next.starts_with("/log-");
    if next.starts_with('/') && plain && !leads_out { next } else { "/" }
}

async fn form(
    State(app): State<App>,
    Anybody(who): Anybody,
    Query(next): Query<Next>,
    visit: Visit,
) -> Result<Response, Failure> {
    if who.is_some() {
        return Ok(see_other(local(&next.next)));
    }
    page(&written(&app, visit, "", &next, None).await?)
}

async fn log_in(
    State(app): State<App>,
    Anybody(before): Anybody,
    visit: Visit,
    Form(given): Form<Given>,
) -> Result<Response, Failure> {
    let next = Next { next: given.next, kept: given.kept };
    match people::log_in(&app, &given.name, SecretString::from(given.password)).await {
        Ok((user, role)) => {
            if let Some(before) = before {
                session::end(&app, &before).await?;
            }
            let (cookie, who) = session::begin(&app, user.id, &user.name, role).await?;
            let resume = app.kept().take(&next.kept, user.id, app.now()).map(|form| Resume {
                form,
                cookie: cookie.clone(),
                csrf: who.csrf().to_owned(),
            });
            let mut response = ([(SET_COOKIE, cookie)], see_other(local(&next.next))).into_response();
            if let Some(resume) = resume {
                response.extensions_mut().insert(resume);
            }
            Ok(response)
        }
        Err(failure) if failure.status().is_client_error() => {
            let fault = match failure.hint() {
                Some(hint) => format!("{failure}: {hint}"),
                None => failure.to_string(),
            };
            let fault = sentence(&fault);
            let again = written(&app, visit, &given.name, &next, Some(fault)).await?;
            let mut response = page_with(failure.status(), &again)?;
            if let Some(seconds) = failure.retry_after() {
                response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}

async fn log_out(State(app): State<App>, Viewer(who): Viewer) -> Result<Response, Failure> {
    session::end(&app, &who).await?;
    app.audit_person(&who.actor(), "user.logged-out", (&who.name, who.id), None, None).await?;
    Ok(([(SET_COOKIE, cookies::clear_session(app.tls()))], see_other("/log-in")).into_response())
}

/// A session for somebody who has just chosen a password.
pub(super) async fn enter(
    app: &App,
    user: &palisade_store::UserRow,
    role: crate::Role,
    notice: Notice,
    to: &str,
) -> Result<Response, Failure> {
    let (cookie, who) = session::begin(app, user.id, &user.name, role).await?;
    app.notify(&who, notice);
    Ok(([(SET_COOKIE, cookie)], see_other(to)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_after_a_log_in_leads_nowhere_else() {
        for elsewhere in [
            "",
            "https://attacker.example",
            "//attacker.example",
            "/\\attacker.example",
            "javascript:alert(1)",
            "/a\nb",
            "/log-out",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(local("/runs?page=2"), "/runs?page=2");
    }
}
