//! The frame around every page: who is logged in, where they are, light or dark, what the last action did.

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Crumb, Moment, Tone};
use crate::parameters::Unknown;
use crate::security::forgery::Served;
use crate::security::who::Caller;
use crate::security::{Role, Who, cookies};
use crate::{App, Failure};

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its name, as the cookie has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its name, as people read it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}

macro_rules! sections {
    ($($(#[doc = $what:literal])+ $name:ident = $title:literal, $path:literal, $icon:literal, $role:expr;)+) => {
        /// The parts of the console, as the navigation lists them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Section {
            $($(#[doc = $what])+ $name,)+
            /// None of them.
            Elsewhere,
        }

        impl Section {
            /// Those of the navigation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name.
            #[must_use]
            pub fn title(&self) -> &'static str {
                match self { $(Self::$name => $title,)+ Self::Elsewhere => "" }
            }

            /// Its address.
            #[must_use]
            pub fn path(&self) -> &'static str {
                match self { $(Self::$name => $path,)+ Self::Elsewhere => "/" }
            }

            /// Its picture.
            #[must_use]
            pub fn icon(&self) -> &'static str {
                match self { $(Self::$name => $icon,)+ Self::Elsewhere => "none" }
            }

            /// Whom it is shown to.
            #[must_use]
            pub fn role(&self) -> Role {
                match self { $(Self::$name => $role,)+ Self::Elsewhere => Role::Viewer }
            }
        }
    };
}

sections! {
    /// What is going on.
    Overview = "Overview", "/", "overview", Role::Viewer;
    /// Installed bundles and their actions.
    Integrations = "Integrations", "/integrations", "integrations", Role::Viewer;
    /// Where services are, and the credentials for them.
    Connections = "Connections", "/connections", "link", Role::Viewer;
    /// Data collections.
    Collections = "Collections", "/collections", "collections", Role::Viewer;
    /// Workflows.
    Workflows = "Workflows", "/workflows", "workflows", Role::Viewer;
    /// Runs of workflows.
    Runs = "Runs", "/runs", "runs", Role::Viewer;
    /// Who did what.
    Audit = "Audit log", "/audit", "audit", Role::Administrator;
    /// People.
    Users = "Users", "/users", "users", Role::Administrator;
}

/// What the last action did, on top of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// A sentence.
    pub text: String,
    /// A text to be copied, shown this once: a link, a token.
    pub secret: Option<String>,
}

impl Notice {
    /// It was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into(), secret: None }
    }

    /// It was not done, or there is something to know.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, text: text.into(), secret: None }
    }

    /// With a text that is shown once.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }
}

/// One request for a page: what its frame needs to know. An extractor.
#[derive(Debug, Clone)]
pub struct Visit {
    caller: Option<Who>,
    theme: Theme,
    target: String,
    path: String,
    served: Option<Served>,
    unknown: Option<Unknown>,
}

impl Visit {
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri) -> Self {
        Self {
            caller: None,
            served: None,
            unknown: None,
            theme: cookies::read(headers, cookies::THEME).map(Theme::named).unwrap_or_default(),
            target: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            path: uri.path().to_owned(),
        }
    }

    pub(crate) fn with(mut self, caller: Option<Who>) -> Self {
        self.caller = caller;
        self
    }

    /// A path of ours as it is reached from where the visitor is, for sending it to others.
    #[must_use]
    pub fn absolute(&self, app: &App, path: &str) -> String {
        if let Some(url) = app.public_url() {
            return format!("{url}{path}");
        }
        let scheme = if app.tls() { "https" } else { "http" };
        match &self.served {
            Some(Served(authority)) => format!("{scheme}://{authority}{path}"),
            None => path.to_owned(),
        }
    }

    /// The frame of a page: its title, and the part of the console that it belongs to.
    #[must_use]
    pub fn frame(self, app: &App, title: impl Into<String>, section: Section) -> Frame {
        let notice = self.caller.as_ref().and_then(|who| app.sessions().notice(who));
        Frame {
            title: title.into(),
            section,
            crumbs: Vec::new(),
            caller: self.caller,
            theme: self.theme,
            target: self.target,
            path: self.path,
            notice,
            find: String::new(),
            remarks: self.unknown.iter().map(Unknown::remark).collect(),
            now: app.now(),
            zone: app.zone().clone(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit
where
    App: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let caller = parts.extensions.get::<Caller>().and_then(|caller| caller.0.clone());
        let served = parts.extensions.get::<Served>().cloned();
        let unknown = parts.extensions.get::<Unknown>().cloned();
        Ok(Self { served, unknown, ..Self::of(&parts.headers, &parts.uri).with(caller) })
    }
}

/// The frame of one page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Title of the page.
    pub title: String,
    /// Where in the navigation it is.
    pub section: Section,
    /// What lies above it.
    pub crumbs: Vec<Crumb>,
    /// Who is logged in.
    pub caller: Option<Who>,
    /// Light or dark.
    pub theme: Theme,
    /// Path and query of this page.
    pub target: String,
    /// Path of this page.
    pub path: String,
    /// What the last action did.
    pub notice: Option<Notice>,
    /// What the search in the head of the page holds.
    pub find: String,
    /// What of the address was ignored, a sentence each.
    pub remarks: Vec<String>,
    /// What time it is.
    pub now: Timestamp,
    /// In which zone times are shown.
    pub zone: TimeZone,
}

impl Frame {
    /// With what lies above it.
    #[must_use]
    pub fn under(mut self, title: impl Into<String>, path: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { title: title.into(), path: path.into() });
        self
    }

    /// What every form carries.
    #[must_use]
    pub fn csrf(&self) -> &str {
        self.caller.as_ref().map_or("", Who::csrf)
    }

    /// Whether whoever is logged in may do what operators may.
    #[must_use]
    pub fn operator(&self) -> bool {
        self.caller.as_ref().is_some_and(|who| who.may(Role::Operator))
    }

    /// Whether whoever is logged in may do what administrators may.
    #[must_use]
    pub fn administrator(&self) -> bool {
        self.caller.as_ref().is_some_and(|who| who.may(Role::Administrator))
    }

    /// The parts of the navigation that they may see.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        let may = |section: &Section| self.caller.as_ref().is_some_and(|who| who.may(section.role()));
        Section::ALL.iter().copied().filter(may).collect()
    }

    /// The zone of the times on this page.
    #[must_use]
    pub fn zone_name(&self) -> String {
        super::zone_name(&self.zone, self.now)
    }

    /// A moment, as this page shows it.
    #[must_use]
    pub fn moment(&self, at: &Timestamp) -> Moment {
        Moment::new(*at, self.now, &self.zone)
    }

    /// The address of a file of ours.
    #[must_use]
    pub fn asset(&self, name: &str) -> &'static str {
        crate::assets::address(name)
    }
}

/// A page.
///
/// # Errors
/// Where the template cannot be written.
pub fn page<T: Template>(template: &T) -> Result<Response, Failure> {
    Ok(Html(template.render()?).into_response())
}

/// A page with a status of its own: a form that is shown again because of its faults has 422.
///
/// # Errors
/// Where the template cannot be written.
pub fn page_with<T: Template>(status: StatusCode, template: &T) -> Result<Response, Failure> {
    Ok((status, page(template)?).into_response())
}

/// To the page that shows what was done, after a form.
#[must_use]
pub fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}
