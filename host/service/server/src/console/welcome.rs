//! What a link leads to: a first administrator, somebody who was invited, somebody who needs a new password. They choose it here.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use serde::Deserialize;

use super::account::{keep_tokens, tokens_of};
use super::log_in::enter;
use crate::people::Opened;
use crate::routes::Routes;
use crate::security::guard::Access;
use crate::view::{Field, Frame, Notice, Section, Visit, page, page_with};
use crate::{App, Failure, Fault, people};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/welcome/{token}", Access::Anybody, form).open_post("/welcome/{token}", accept)
}

#[derive(Template)]
#[template(path = "pages/welcome.html")]
struct Welcome {
    frame: Frame,
    token: String,
    first: bool,
    name: Field,
    password: Field,
    /// Whether tokens stay valid, for somebody who may have some.
    keep: Option<Field>,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    name: String,
    #[serde(rename = "new-password")]
    password: String,
    #[serde(default, rename = "keep-tokens")]
    keep_tokens: Option<String>,
}

fn written(
    app: &App,
    visit: Visit,
    opened: &Opened,
    token: &str,
    typed: &str,
    faults: Vec<Fault>,
) -> Welcome {
    let first = *opened == Opened::First;
    let (title, name) = match opened {
        Opened::First => ("Welcome to Palisade".to_owned(), typed),
        Opened::Named(_, name) => (format!("Welcome, {name}"), name.as_str()),
    };
    let name = Field::text("name", "Name")
        .required()
        .value(name)
        .faults(&faults)
        .attribute("autocomplete", "username");
    let name = if first {
        name.help("Used to log in, and shown in the audit log.")
    } else {
        name.attribute("readonly", "")
    };
    let help = format!(
        "At least {} characters; a few words in a row are easy to remember.",
        palisade_limits::PASSWORD_CHARACTERS
    );
    Welcome {
        frame: visit.frame(app, title, Section::Elsewhere),
        token: token.to_owned(),
        first,
        name,
        password: Field::secret("new-password", "Password", "new-password")
            .required()
            .help(help)
            .faults(&faults),
        keep: (!first).then(keep_tokens),
        faults,
    }
}

async fn form(State(app): State<App>, Path(token): Path<String>, visit: Visit) -> Result<Response, Failure> {
    let opened = people::opened(&app, &token).await?;
    page(&written(&app, visit, &opened, &token, "", Vec::new()))
}

async fn accept(
    State(app): State<App>,
    Path(token): Path<String>,
    visit: Visit,
    Form(given): Form<Given>,
) -> Result<Response, Failure> {
    let opened = people::opened(&app, &token).await?;
    let (chosen, tokens) = (SecretString::from(given.password), tokens_of(given.keep_tokens.as_deref()));
    match people::accept(&app, &token, given.name.trim(), chosen, tokens).await {
        Ok((user, role)) => {
            let notice = Notice::done(format!("You are logged in as {}.", user.name));
            enter(&app, &user, role, notice, "/").await
        }
        Err(failure) if !failure.faults().is_empty() => {
            let faults = failure.faults().to_vec();
            let again = written(&app, visit, &opened, &token, &given.name, faults);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(failure) => Err(failure),
    }
}
