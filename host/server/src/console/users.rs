//! People: who they are, inviting them, what they may do.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_store::UserId;
use serde::Deserialize;

use super::account::role_badge;
use crate::people::{self, Changed, Person, State as Standing};
use crate::routes::Routes;
use crate::security::guard::ADMINISTRATOR;
use crate::security::{Administrator, Role};
use crate::view::{
    Badge, Choice, Field, Frame, Moment, Notice, Section, Tone, Visit, page, page_with, see_other,
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
}

struct Row {
    person: Person,
    role: Badge,
    state: Badge,
    since: Moment,
}

impl Row {
    fn new(frame: &Frame, person: Person) -> Self {
        let state = match person.state {
            Standing::Invited => Badge::new(Tone::Active, "Invited"),
            Standing::Active => Badge::new(Tone::Good, "Active"),
            Standing::Disabled => Badge::new(Tone::Neutral, "Disabled"),
        };
        Self { role: role_badge(person.role), state, since: frame.moment(&person.created_at), person }
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

async fn shown(
    app: &App,
    visit: Visit,
    own: UserId,
    id: UserId,
    faults: Vec<Fault>,
) -> Result<User, Failure> {
    let person = people::one(app, id).await?;
    let frame = visit.frame(app, &person.name, Section::Users).under("Users", "/users");
    let disabled = person.state == Standing::Disabled;
    let enabled = Field::check("enabled", "May log in", !disabled)
        .help("Deactivated users stay in the audit log; their sessions and tokens end.");
    Ok(User {
        fields: vec![role_field(person.role.name(), &faults), enabled],
        own: person.id == own,
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
    page(&shown(&app, visit, who.id, UserId(id), Vec::new()).await?)
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
            let mut again = shown(&app, visit, who.id, id, Vec::new()).await?;
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
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(&app, visit, who.id, id, faults).await?)
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
