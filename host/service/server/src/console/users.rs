//! People: who they are, inviting them, what they may do, their sessions, deleting them.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_store::{SessionId, UserId};
use serde::Deserialize;

use super::account::role_badge;
use super::sessions;
use crate::people::{self, Changed, Person, State as Standing};
use crate::routes::Routes;
use crate::security::guard::ADMINISTRATOR;
use crate::security::{Administrator, Role, Who};
use crate::view::{
    Badge, Choice, Confirm, Field, Frame, Moment, Notice, Section, Tone, Visit, page, page_with, see_other,
};
use crate::{App, Failure, Fault};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/users", ADMINISTRATOR, list)
        .get("/users/invite", ADMINISTRATOR, invitation)
        .post("/users/invite", ADMINISTRATOR, invite)
        .get("/users/{id}", ADMINISTRATOR, one)
        .post("/users/{id}", ADMINISTRATOR, change)
        .post("/users/{id}/link", ADMINISTRATOR, new_link)
        .post("/users/{id}/sessions/end", ADMINISTRATOR, end_sessions)
        .post("/users/{id}/sessions/{session}/end", ADMINISTRATOR, end_session)
        .get("/users/{id}/delete", ADMINISTRATOR, ask_to_delete)
        .post("/users/{id}/delete", ADMINISTRATOR, delete)
}

struct Row {
    person: Person,
    role: Badge,
    state: Badge,
    since: Moment,
    last_log_in: Option<Moment>,
}

impl Row {
    fn new(frame: &Frame, person: Person) -> Self {
        let state = match person.state {
            Standing::Invited => Badge::new(Tone::Active, "Invited"),
            Standing::Active => Badge::new(Tone::Good, "Active"),
            Standing::Disabled => Badge::new(Tone::Neutral, "Disabled"),
        };
        Self {
            role: role_badge(person.role),
            state,
            since: frame.moment(&person.created_at),
            last_log_in: person.last_log_in.as_ref().map(|log_in| frame.moment(&log_in.at)),
            person,
        }
    }

    /// The address of the last log-in.
    fn last_address(&self) -> Option<&str> {
        self.person.last_log_in.as_ref()?.address.as_deref()
    }
}

#[derive(Template)]
#[template(path = "pages/users.html")]
struct Users {
    frame: Frame,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/user_invite.html")]
struct Invitation {
    frame: Frame,
    faults: Vec<Fault>,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "pages/user.html")]
struct User {
    frame: Frame,
    row: Row,
    faults: Vec<Fault>,
    fields: Vec<Field>,
    disabled: bool,
    own: bool,
    sessions: Vec<sessions::Row>,
    sessions_path: String,
}

async fn list(
    State(app): State<App>,
    Administrator(_): Administrator,
    visit: Visit,
) -> Result<Response, Failure> {
    let frame = visit.frame(&app, "Users", Section::Users);
    let people = people::list(&app).await?;
    page(&Users { rows: people.into_iter().map(|person| Row::new(&frame, person)).collect(), frame })
}

fn role_field(chosen: &str, faults: &[Fault]) -> Field {
    let roles = Role::ALL.into_iter().map(|role| Choice::new(role.name(), role.title()).help(role.summary()));
    Field::radio("role", "Role", roles.collect()).required().value(chosen).faults(faults)
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

fn asked(app: &App, visit: Visit, given: &Given, faults: Vec<Fault>) -> Invitation {
    let name = Field::text("name", "Name").required().value(&given.name).faults(&faults);
    let name = name.help("Used to log in, and shown in the audit log.").attribute("autocomplete", "off");
    Invitation {
        frame: visit.frame(app, "Invite user", Section::Users).under("Users", "/users"),
        fields: vec![name, role_field(&given.role, &faults)],
        faults,
    }
}

async fn invitation(
    State(app): State<App>,
    Administrator(_): Administrator,
    visit: Visit,
) -> Result<Response, Failure> {
    let given = Given { name: String::new(), role: Role::Viewer.name().to_owned() };
    page(&asked(&app, visit, &given, Vec::new()))
}

fn role_of(text: &str) -> Result<Role, Failure> {
    text.parse::<Role>().map_err(|error| {
        Failure::invalid(vec![Fault::new("role", super::wording::sentence(&error.to_string()))])
    })
}

async fn invite(
    State(app): State<App>,
    Administrator(who): Administrator,
    visit: Visit,
    Form(given): Form<Given>,
) -> Result<Response, Failure> {
    let made = match role_of(&given.role) {
        Ok(role) => people::invite(&app, &who, given.name.trim(), role).await,
        Err(failure) => Err(failure),
    };
    match made {
        Ok((person, link)) => {
            let notice = Notice::done(format!(
                "{} is invited. Send them this link; it expires in three days:",
                person.name
            ));
            app.notify(&who, notice.with_secret(visit.absolute(&app, &link)));
            Ok(see_other("/users"))
        }
        Err(failure) => {
            let faults = faults_of(failure, "name")?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &asked(&app, visit, &given, faults))
        }
    }
}

/// What the form shows beside its fields; a failure that is not about them is the page's.
fn faults_of(failure: Failure, field: &str) -> Result<Vec<Fault>, Failure> {
    if !failure.faults().is_empty() {
        return Ok(failure.faults().to_vec());
    }
    if failure.status() != StatusCode::CONFLICT {
        return Err(failure);
    }
    let hint = failure.hint().map(|hint| format!(": {hint}")).unwrap_or_default();
    Ok(vec![Fault::new(field, super::wording::sentence(&format!("{failure}{hint}")))])
}

async fn shown(app: &App, visit: Visit, who: &Who, id: UserId, faults: Vec<Fault>) -> Result<User, Failure> {
    let person = people::one(app, id).await?;
    let open = people::sessions_of(app, who, id).await?;
    let frame = visit.frame(app, &person.name, Section::Users).under("Users", "/users");
    let disabled = person.state == Standing::Disabled;
    let enabled = Field::check("enabled", "May log in", !disabled)
        .help("Deactivated users stay in the audit log; their sessions and tokens end.");
    Ok(User {
        fields: vec![role_field(person.role.name(), &faults), enabled],
        own: person.id == who.id,
        sessions: sessions::rows(&frame, open),
        sessions_path: format!("/users/{id}/sessions"),
        row: Row::new(&frame, person),
        disabled,
        faults,
        frame,
    })
}

async fn one(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&shown(&app, visit, &who, UserId(id), Vec::new()).await?)
}

#[derive(Deserialize)]
struct Standings {
    role: String,
    #[serde(default)]
    enabled: Option<String>,
    /// What they were when the form was shown.
    #[serde(default)]
    version: Option<String>,
}

async fn change(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(given): Form<Standings>,
) -> Result<Response, Failure> {
    let id = UserId(id);
    let changed = match role_of(&given.role) {
        Ok(role) => {
            let to = Changed { role: Some(role), enabled: Some(given.enabled.is_some()) };
            people::change(&app, &who, id, to, given.version.clone()).await
        }
        Err(failure) => Err(failure),
    };
    match changed {
        Ok(person) => {
            app.notify(&who, Notice::done(format!("{} updated.", person.name)));
            Ok(see_other("/users"))
        }
        // The page shows what they are now, and says that it is not what the form began with.
        Err(failure) if failure.status() == StatusCode::PRECONDITION_FAILED => {
            let mut again = shown(&app, visit, &who, id, Vec::new()).await?;
            let asked = role_of(&given.role).map_or(given.role, |role| role.title().to_owned());
            let enabled = |enabled: bool| if enabled { "active" } else { "deactivated" };
            let text = format!(
                "This user has changed since you opened the page. Now: {}, {}. Yours: {asked}, {}. The form shows the current \
                 values: change them again if that is still right.",
                again.row.person.role.title(),
                enabled(!again.disabled),
                enabled(given.enabled.is_some()),
            );
            again.frame.notice = Some(Notice::warning(text));
            page_with(StatusCode::PRECONDITION_FAILED, &again)
        }
        Err(failure) => {
            let faults = faults_of(failure, "role")?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, visit, &who, id, faults).await?)
        }
    }
}

async fn new_link(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let (person, link) = people::new_link(&app, &who, UserId(id)).await?;
    let notice = Notice::done(format!(
        "With this link {} chooses a new password; it expires in three days:",
        person.name
    ));
    app.notify(&who, notice.with_secret(visit.absolute(&app, &link)));
    Ok(see_other(&format!("/users/{id}")))
}

async fn end_session(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path((id, session)): Path<(i64, i64)>,
) -> Result<Response, Failure> {
    people::end_session(&app, &who, UserId(id), SessionId(session)).await?;
    app.notify(&who, Notice::done(sessions::ended(1)));
    Ok(see_other(&format!("/users/{id}")))
}

async fn end_sessions(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let ended = people::end_sessions(&app, &who, UserId(id)).await?;
    app.notify(&who, Notice::done(sessions::ended(ended)));
    Ok(see_other(&format!("/users/{id}")))
}

async fn ask_to_delete(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let id = UserId(id);
    let person = people::one(&app, id).await?;
    let open = people::sessions_of(&app, &who, id).await?.len();
    let tokens = people::tokens_of(&app, Some(id)).await?;
    let name = &person.name;
    let title = format!("Delete the user “{name}”?");
    let path = format!("/users/{id}");
    let counted = |count: usize, one: &str, more: &str| match count {
        0 => String::new(),
        1 => format!("1 {one}, "),
        count => format!("{count} {more}, "),
    };
    let mut text = vec![
        format!(
            "{name} can no longer log in. These end immediately: {}{}unused links.",
            counted(open, "session", "sessions"),
            counted(tokens.len(), "API token", "API tokens"),
        ),
        format!(
            "Workflows, collections and integrations that {name} created stay, and schedules keep running. The name stays in \
             the audit log with the number {id}."
        ),
        "You can use the name for a new user later. The new user has another number and inherits nothing."
            .to_owned(),
    ];
    if id == who.id {
        text.push("This is your own account: you are logged out.".to_owned());
    }
    let frame = visit.frame(&app, title, Section::Users).under("Users", "/users").under(name, &path);
    page(&Confirm {
        frame,
        text,
        items: tokens.into_iter().map(|token| format!("API token “{}”", token.name)).collect(),
        action: format!("{path}/delete"),
        hidden: vec![("version".to_owned(), person.version())],
        button: "Delete user".to_owned(),
        danger: true,
        back: path,
    })
}

#[derive(Deserialize)]
struct Confirmed {
    /// What they were when the page was shown.
    #[serde(default)]
    version: Option<String>,
}

async fn delete(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, Failure> {
    let id = UserId(id);
    match people::delete(&app, &who, id, confirmed.version).await {
        Ok((person, _)) => {
            app.notify(&who, Notice::done(format!("{} deleted.", person.name)));
            Ok(see_other("/users"))
        }
        Err(failure) if failure.status() == StatusCode::PRECONDITION_FAILED => {
            let mut again = shown(&app, visit, &who, id, Vec::new()).await?;
            let text = "Not deleted: this user has changed since you opened the page.";
            again.frame.notice = Some(Notice::warning(text));
            page_with(StatusCode::PRECONDITION_FAILED, &again)
        }
        Err(failure) => {
            let faults = faults_of(failure, "delete")?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, visit, &who, id, faults).await?)
        }
    }
}
