//! Serves the console on the loopback, on a state that is thrown away, for looking at it: `cargo run --example preview`. The page
//! `/gallery` has every part that pages are made of.

use std::path::Path;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use palisade_engine::{Cache, Compiler, Engine};
use palisade_orchestrator::executor::Embedded;
use palisade_orchestrator::{Orchestrator, SystemClock};
use palisade_server::view::{
    self, Badge, Choice, Column, Columns, Empty, Field, Frame, Kind, Meter, Notice, Pager, Section, Segment,
    StackedBar, Tab, Tabs, Tile, TimelineItem, Tone, Visit, ago, page,
};
use palisade_server::{Access, App, Failure, Fault, Listener, Options, router_with};
use palisade_store::Store;
use palisade_store_sqlite::SqliteStore;
use palisade_vault::{Key, Vault};

#[derive(Template)]
#[template(path = "gallery.html")]
struct Gallery {
    frame: Frame,
    faults: Vec<Fault>,
    fields: Vec<Field>,
    badges: Vec<Badge>,
    tiles: Vec<Tile>,
    tabs: Tabs,
    bar: StackedBar,
    small: StackedBar,
    columns: Columns,
    meters: Vec<Meter>,
    timeline: Vec<TimelineItem>,
    pager: Pager,
    empty: Empty,
    since: String,
}

fn segments(scale: u64) -> Vec<Segment> {
    vec![
        Segment::new("accepted", 87 * scale, Tone::Good).path("#"),
        Segment::new("planned", 4 * scale, Tone::Active),
        Segment::new("skipped", 6 * scale, Tone::Neutral),
        Segment::new("rejected", 2 * scale, Tone::Warning),
        Segment::new("failed", scale, Tone::Bad),
    ]
}

async fn gallery(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let mut frame = visit.frame(&app, "Every part", Section::Workflows).under("Workflows", "/workflows");
    frame.notice = Some(
        Notice::done("Token “nightly” created.").with_secret("palisade_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    );
    let faults = vec![Fault::new("name", "Give it a name."), Fault::new("region", "Choose a region.")];
    let schemes = || {
        vec![
            Choice::new("keep", "Keep").help("As it is in the collection."),
            Choice::new("both", "Both").help("One entry with http and one with https."),
            Choice::new("none", "Without"),
        ]
    };
    let fields = vec![
        Field::text("name", "Name").required().help("As it stands in the list of workflows.").faults(&faults),
        Field::select("region", "API region", schemes()).required().value("both").faults(&faults),
        Field::secret("key", "API key", "off").help("A key is kept: leave this empty to keep it.").required(),
        Field::new(Kind::Text, "description", "Description").value("Blocks what the feed says."),
        Field::radio("scheme", "URL scheme handling", schemes()).value("keep"),
        Field::new(Kind::Checks(schemes()), "types", "Types").values(vec!["keep".into(), "none".into()]),
        Field::check("dry", "Dry run", true).help("Nothing is changed at the tenant."),
        Field::new(Kind::File(".zip"), "bundle", "Bundle")
            .required()
            .help("The zip of the action, at most 64 MiB."),
    ];
    let tones = [Tone::Neutral, Tone::Active, Tone::Good, Tone::Warning, Tone::Bad];
    let words = ["Skipped", "Running", "Accepted", "Incomplete", "Failed to Complete"];
    let columns = (0..24_u64).map(|hour| Column {
        label: format!("{hour:02}:00"),
        segments: if hour % 7 == 3 { Vec::new() } else { segments((hour * 37) % 11 + 2) },
    });
    let at = |minutes: i64| frame.moment(&(frame.now - jiff::SignedDuration::from_mins(minutes)));
    let event = |minutes, title: &str, text: Option<&str>, tone| TimelineItem {
        at: at(minutes),
        title: title.to_owned(),
        text: text.map(str::to_owned),
        tone,
    };
    let timeline = vec![
        event(9, "Queued", Some("By the schedule, every 6 hours."), Tone::Neutral),
        event(8, "Step 1 began", Some("Push to block list, 10,000 objects."), Tone::Active),
        event(5, "Waiting", Some("The tenant asked for a pause of 30 seconds (429)."), Tone::Warning),
        event(2, "One object failed", Some("The service did not answer three times."), Tone::Bad),
        event(0, "Completed", None, Tone::Good),
    ];
    page(&Gallery {
        badges: tones.into_iter().zip(words).map(|(tone, word)| Badge::new(tone, word)).collect(),
        tiles: vec![
            Tile::new("Runs today", "38").hint("2 more than yesterday").path("/runs"),
            Tile::new("Objects accepted", "1,204,331").tone(Tone::Good),
            Tile::new("Runs with issues", "3").tone(Tone::Warning).hint("since midnight"),
            Tile::new("Failed", "1").tone(Tone::Bad),
        ],
        tabs: Tabs {
            label: "Views of this run",
            tabs: vec![
                Tab::new("Objects", "#", true).count(10_000),
                Tab::new("Timeline", "#", false).count(5),
                Tab::new("Requests", "#", false),
            ],
        },
        bar: StackedBar::new("Verdicts", segments(100)),
        small: StackedBar::new("Verdicts", segments(3)).bare(),
        columns: Columns::new("Verdicts by hour", columns.collect()),
        meters: vec![
            Meter::new("Domains", 3_120, 10_000),
            Meter::new("URLs", 9_640, 10_000).tone(Tone::Warning),
            Meter::new("This run", 41, 100).tone(Tone::Good),
        ],
        pager: Pager::new("/gallery", &[("search", "a")], 2, 1_234, "objects"),
        empty: Empty::new(
            "workflows",
            "No workflow yet",
            "A workflow takes objects of a collection to one or more actions, on a schedule.",
        )
        .action("Build a workflow", "#"),
        since: ago(&(frame.now - jiff::SignedDuration::from_mins(7)), &frame.now),
        fields,
        faults,
        timeline,
        frame,
    })
}

/// One that has a state and runs nothing.
fn orchestrator(state: &Path) -> Result<Orchestrator, Box<dyn std::error::Error>> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(state)?);
    let clock = Arc::new(SystemClock);
    let executor = Embedded::new(store.clone(), clock.clone(), 1);
    let options = palisade_orchestrator::Options {
        store,
        vault: Vault::new(Key::generate()?, Vec::new()),
        engine: Engine::new(&Cache::Off, Compiler::InProcess)?,
        policy: None,
        connect_to: Vec::new(),
        ca_certificates: Vec::new(),
        allow_unsigned: true,
        clock,
    };
    Ok(Orchestrator::new(options, Box::new(executor)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).init();
    let directory = tempfile::tempdir()?;
    let app = App::new(orchestrator(&directory.path().join("palisade.db"))?, Options::default())?;
    let port = std::env::args().nth(1).map_or(Ok(8_080), |port| port.parse())?;
    let listener = Listener::bind(([127, 0, 0, 1], port).into(), None).await?;
    let link = app.first_link().await?.unwrap_or_default();
    tracing::info!("open {}{link}", listener.url(&[]));
    let router = router_with(app, |routes| routes.get("/gallery", Access::Anybody, gallery));
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    listener.serve(router, stop).await;
    Ok(())
}
