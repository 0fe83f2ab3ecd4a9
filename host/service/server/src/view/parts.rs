//! Small parts of pages. Each prints itself: `{{ badge }}` in a template.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Frame;

/// How something is meant. The colour is never all that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither.
    #[default]
    Neutral,
    /// It goes on, or it is planned.
    Active,
    /// As it should be.
    Good,
    /// To be looked at.
    Warning,
    /// Wrong.
    Bad,
}

impl Tone {
    /// Its class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Active => "active",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    /// Its picture.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        match self {
            Self::Neutral | Self::Active => "information",
            Self::Good => "check",
            Self::Warning | Self::Bad => "warning",
        }
    }
}

/// A word with a colour: a verdict, a status, a role.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<span class="badge {{ tone.class() }}">{{ text }}</span>"#, ext = "html")]
pub struct Badge {
    /// How it is meant.
    pub tone: Tone,
    /// The word.
    pub text: String,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// A word with a colour.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// What lies above a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    /// Its title.
    pub title: String,
    /// Its address.
    pub path: String,
}

/// A number with its name.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/tile.html")]
pub struct Tile {
    /// What it counts.
    pub label: String,
    /// The number, as it is read.
    pub value: String,
    /// What there is to know about it.
    pub hint: Option<String>,
    /// Where there is more.
    pub path: Option<String>,
    /// How it is meant.
    pub tone: Tone,
}

impl HtmlSafe for Tile {}

impl Tile {
    /// A number with its name.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// With what there is to know about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a way to more.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// How it is meant.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// One of several views of the same thing, each with an address.
#[derive(Debug, Clone)]
pub struct Tab {
    /// Its name.
    pub title: String,
    /// Identifies it in the page, so that it keeps the focus when the tabs are replaced.
    pub id: String,
    /// Its address.
    pub path: String,
    /// How many are there.
    pub count: Option<u64>,
    /// Whether it is this one.
    pub current: bool,
}

impl Tab {
    /// One of them.
    pub fn new(title: impl Into<String>, path: impl Into<String>, current: bool) -> Self {
        let title = title.into();
        let id = format!("tab-{}", title.to_lowercase().replace(' ', "-"));
        Self { title, id, path: path.into(), count: None, current }
    }

    /// With how many are there.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

/// All of them.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/tabs.html")]
pub struct Tabs {
    /// What they are views of, for who listens to the page.
    pub label: &'static str,
    /// They.
    pub tabs: Vec<Tab>,
}

impl HtmlSafe for Tabs {}

/// Instead of an empty list: what belongs here, and what to do next.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/empty.html")]
pub struct Empty {
    /// A picture.
    pub icon: &'static str,
    /// What is not there.
    pub title: String,
    /// What it would be good for, and how to get it.
    pub text: String,
    /// Where to get it: text and address.
    pub action: Option<(String, String)>,
}

impl HtmlSafe for Empty {}

impl Empty {
    /// Instead of an empty list.
    pub fn new(icon: &'static str, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { icon, title: title.into(), text: text.into(), action: None }
    }

    /// With a way on.
    #[must_use]
    pub fn action(mut self, text: impl Into<String>, path: impl Into<String>) -> Self {
        self.action = Some((text.into(), path.into()));
        self
    }
}

/// One thing that happened. A list of them goes into `<ol class="timeline">`.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/timeline_item.html")]
pub struct TimelineItem {
    /// When, as the page shows it.
    pub at: super::Moment,
    /// What, in a few words.
    pub title: String,
    /// More of it.
    pub text: Option<String>,
    /// How it is meant.
    pub tone: Tone,
}

impl HtmlSafe for TimelineItem {}

/// A page that asks before something is done: it names what would happen, and the form says yes.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/confirm.html")]
pub struct Confirm {
    /// Frame of the page; its title is the question.
    pub frame: Frame,
    /// What would happen, a paragraph each.
    pub text: Vec<String>,
    /// What it concerns, one by one.
    pub items: Vec<String>,
    /// Where the form is sent to.
    pub action: String,
    /// What it carries beside.
    pub hidden: Vec<(String, String)>,
    /// What the button says: the verb.
    pub button: String,
    /// Whether something is lost by it.
    pub danger: bool,
    /// The way back.
    pub back: String,
}
