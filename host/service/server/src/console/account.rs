//! One's own account: API tokens, sessions and password.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_store::{SessionId, TokenId, Tokens, Wait as _};
use secrecy::SecretString;
use serde::Deserialize;

use super::log_in::enter;
use super::sessions;
use crate::people::{self, NewToken};
use crate::routes::Routes;
use crate::security::guard::VIEWER;
use crate::security::{Role, Viewer, Who};
use crate::view::{
    Badge, Choice, Confirm, Field, Frame, Moment, Notice, Section, Tone, Visit, page, page_with, see_other,
};
use crate::{App, Failure, Fault};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/account", VIEWER, account)
        .post("/account/password", VIEWER, change_password)
        .post("/account/tokens", VIEWER, create_token)
        .get("/account/tokens/{id}/revoke", VIEWER, ask_to_revoke)
        .post("/account/tokens/{id}/revoke", VIEWER, revoke)
        .post("/account/sessions/end", VIEWER, end_sessions)
        .post("/account/sessions/{id}/end", VIEWER, end_session)
}

struct Row {
    id: TokenId,
    name: String,
    role: Badge,
    created: Moment,
    ends: Moment,
    ended: bool,
    used: Option<Moment>,
}

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Account {
    frame: Frame,
    faults: Vec<Fault>,
    password: Vec<Field>,
    token: Vec<Field>,
    rows: Vec<Row>,
    last_log_in: Option<Moment>,
    last_address: Option<String>,
    sessions: Vec<sessions::Row>,
    sessions_path: String,
}

#[derive(Deserialize, Default)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    days: String,
}

async fn written(
    app: &App,
    who: &Who,
    visit: Visit,
    typed: Typed,
    faults: Vec<Fault>,
) -> Result<Account, Failure> {
    let frame = visit.frame(app, "Your account", Section::Elsewhere);
    let rows = people::tokens_of(app, Some(who.id)).await?;
    let rows = rows
        .into_iter()
        .map(|row| Row {
            id: row.id,
            role: role_badge(row.role.parse().unwrap_or(Role::Viewer)),
            created: frame.moment(&row.created_at),
            ends: frame.moment(&row.expires_at),
            ended: row.expires_at <= frame.now,
            used: row.used_at.map(|at| frame.moment(&at)),
            name: row.name,
        })
        .collect();
    let person = people::one(app, who.id).await?;
    let sessions = sessions::rows(&frame, people::sessions_of(app, who, who.id).await?);
    let roles = Role::ALL.into_iter().filter(|role| who.may(*role));
    let roles = roles.map(|role| Choice::new(role.name(), role.title()).help(role.summary())).collect();
    let days = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("366", "A year")];
    let days = days.map(|(value, title)| Choice::new(value, title)).to_vec();
    let chosen =
        |typed: &str, usual: &str| if typed.is_empty() { usual.to_owned() } else { typed.to_owned() };
    Ok(Account {
        password: vec![
            Field::secret("current-password", "Current password", "current-password")
                .required()
                .faults(&faults),
            Field::secret("new-password", "New password", "new-password")
                .required()
                .help(format!("At least {} characters.", palisade_limits::PASSWORD_CHARACTERS))
                .faults(&faults),
            keep_tokens(),
        ],
        token: vec![
            Field::text("name", "Name")
                .required()
                .value(typed.name)
                .attribute("maxlength", palisade_limits::NAME_CHARACTERS.to_string())
                .attribute("autocomplete", "off")
                .faults(&faults),
            Field::radio("role", "Role", roles)
                .required()
                .value(chosen(&typed.role, "viewer"))
                .faults(&faults),
            Field::select("days", "Expires after", days)
                .required()
                .value(chosen(&typed.days, "90"))
                .faults(&faults),
        ],
        last_log_in: person.last_log_in.as_ref().map(|log_in| frame.moment(&log_in.at)),
        last_address: person.last_log_in.and_then(|log_in| log_in.address),
        sessions,
        sessions_path: "/account/sessions".to_owned(),
        frame,
        faults,
        rows,
    })
}

pub(super) fn role_badge(role: Role) -> Badge {
    let tone = match role {
        Role::Viewer => Tone::Neutral,
        Role::Operator => Tone::Active,
        Role::Administrator => Tone::Warning,
    };
    Badge::new(tone, role.title())
}

async fn account(State(app): State<App>, Viewer(who): Viewer, visit: Visit) -> Result<Response, Failure> {
    page(&written(&app, &who, visit, Typed::default(), Vec::new()).await?)
}

#[derive(Deserialize)]
struct Passwords {
    #[serde(rename = "current-password")]
    current: String,
    #[serde(rename = "new-password")]
    new: String,
    #[serde(default, rename = "keep-tokens")]
    keep_tokens: Option<String>,
}

/// The box of a new password that keeps tokens valid.
pub(super) fn keep_tokens() -> Field {
    Field::check("keep-tokens", "Keep API tokens", false).help(
        "Without it, all of your tokens are revoked, so that nobody who knew the old password can use one.",
    )
}

/// What it means.
pub(super) fn tokens_of(ticked: Option<&str>) -> Tokens {
    if ticked.is_some() { Tokens::Keep } else { Tokens::Revoke }
}

async fn change_password(
    State(app): State<App>,
    Viewer(who): Viewer,
    visit: Visit,
    Form(given): Form<Passwords>,
) -> Result<Response, Failure> {
    let (current, new) = (SecretString::from(given.current), SecretString::from(given.new));
    let tokens = tokens_of(given.keep_tokens.as_deref());
    match people::change_password(&app, &who, current, new, tokens).await {
        Ok(revoked) => {
            let id = who.id;
            let user = app.store(move |store| store.user(id).wait()).await?;
            let revoked = match revoked {
                0 => String::new(),
                1 => " One token was revoked.".to_owned(),
                more => format!(" {more} tokens were revoked."),
            };
            let text = format!("Password changed. Your other sessions have ended.{revoked}");
            let notice = Notice::done(text);
            enter(&app, &user, who.role, notice, "/account").await
        }
        Err(failure) => again(&app, &who, visit, Typed::default(), failure).await,
    }
}

async fn again(
    app: &App,
    who: &Who,
    visit: Visit,
    typed: Typed,
    failure: Failure,
) -> Result<Response, Failure> {
    if failure.faults().is_empty() {
        return Err(failure);
    }
    let faults = failure.faults().to_vec();
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &written(app, who, visit, typed, faults).await?)
}

async fn create_token(
    State(app): State<App>,
    Viewer(who): Viewer,
    visit: Visit,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let role = typed
        .role
        .parse::<Role>()
        .map_err(|error| Fault::new("role", super::wording::sentence(&error.to_string())));
    let made = match role {
        Ok(role) => {
            let days = typed.days.parse().unwrap_or(0);
            people::create_token(&app, &who, NewToken { name: typed.name.trim().to_owned(), role, days })
                .await
        }
        Err(fault) => Err(Failure::invalid(vec![fault])),
    };
    match made {
        Ok((row, token)) => {
            let notice = Notice::done(format!("Token “{}” created.", row.name)).with_secret(token);
            app.notify(&who, notice);
            Ok(see_other("/account"))
        }
        Err(failure) => again(&app, &who, visit, typed, failure).await,
    }
}

async fn end_session(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    people::end_session(&app, &who, who.id, SessionId(id)).await?;
    app.notify(&who, Notice::done(sessions::ended(1)));
    Ok(see_other("/account"))
}

async fn end_sessions(State(app): State<App>, Viewer(who): Viewer) -> Result<Response, Failure> {
    let ended = people::end_sessions(&app, &who, who.id).await?;
    app.notify(&who, Notice::done(sessions::ended(ended)));
    Ok(see_other("/account"))
}

async fn ask_to_revoke(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let own = people::tokens_of(&app, Some(who.id)).await?;
    let row = own.into_iter().find(|row| row.id.0 == id).ok_or_else(|| Failure::not_found("token", id))?;
    let title = format!("Revoke the token “{}”?", row.name);
    page(&Confirm {
        frame: visit.frame(&app, title, Section::Elsewhere).under("Your account", "/account"),
        text: vec!["Programs that use it lose access immediately, and so do programs that use tokens created with it. A token cannot be restored; create a new one instead.".to_owned()],
        items: Vec::new(),
        action: format!("/account/tokens/{id}/revoke"),
        hidden: Vec::new(),
        button: "Revoke".to_owned(),
        danger: true,
        back: "/account".to_owned(),
    })
}

async fn revoke(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let (row, created_with_it) = people::revoke_token(&app, &who, TokenId(id)).await?;
    let text = match created_with_it {
        0 => format!("Token “{}” revoked.", row.name),
        1 => format!("Token “{}” revoked, and the token that was created with it.", row.name),
        more => format!("Token “{}” revoked, and {more} tokens that were created with it.", row.name),
    };
    app.notify(&who, Notice::done(text));
    Ok(see_other("/account"))
}
