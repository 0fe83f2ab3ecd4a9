//! Charts without script and without inline styles: SVG whose sizes are attributes. Each says in text what it shows, and the same
//! numbers stand beside it in a legend.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Tone;

/// One part of a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub label: String,
    /// How many.
    pub count: u64,
    /// Its colour.
    pub tone: Tone,
    /// Whether it has the deeper shade of it, beside a part that is meant the same way.
    pub deep: bool,
    /// Where they are listed.
    pub path: Option<String>,
}

impl Segment {
    /// One part of a whole.
    pub fn new(label: impl Into<String>, count: u64, tone: Tone) -> Self {
        Self { label: label.into(), count, tone, deep: false, path: None }
    }

    /// In the deeper shade of its colour, where that is asked for.
    #[must_use]
    pub fn deep(mut self, deep: bool) -> Self {
        self.deep = deep;
        self
    }

    fn class(&self) -> &'static str {
        match (self.tone, self.deep) {
            (Tone::Neutral, true) => "neutral deep",
            (Tone::Warning, true) => "warning deep",
            (Tone::Bad, true) => "bad deep",
            (tone, _) => tone.class(),
        }
    }

    /// With a way to the list.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }
}

/// Units of a chart's own coordinates across.
const WIDTH: f64 = 1_000.0;
/// Below this a part could not be seen.
const LEAST: f64 = 4.0;

struct Bar {
    x: f64,
    width: f64,
    tone: &'static str,
    path: Option<String>,
    said: String,
}

/// A bar of parts, with a legend. Prints itself.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/stacked_bar.html")]
pub struct StackedBar {
    /// What it shows.
    pub label: String,
    /// The parts, in order; those without anything stand in the legend only.
    pub segments: Vec<Segment>,
    /// Whether the numbers stand below it.
    pub legend: bool,
}

impl HtmlSafe for StackedBar {}

impl StackedBar {
    /// A bar with its legend.
    pub fn new(label: impl Into<String>, segments: Vec<Segment>) -> Self {
        Self { label: label.into(), segments, legend: true }
    }

    /// A bar alone, for a row of a table.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.legend = false;
        self
    }

    /// Whether a part leads to a list.
    fn leads(&self) -> bool {
        self.segments.iter().any(|segment| segment.path.is_some())
    }

    fn total(&self) -> u64 {
        self.segments.iter().map(|segment| segment.count).sum()
    }

    fn said(&self) -> String {
        let parts: Vec<String> = self
            .segments
            .iter()
            .map(|segment| format!("{} {}", number(&segment.count), segment.label))
            .collect();
        format!("{}: {}", self.label, parts.join(", "))
    }

    fn bars(&self) -> Vec<Bar> {
        let shown: Vec<&Segment> = self.segments.iter().filter(|segment| segment.count > 0).collect();
        let total = self.total() as f64;
        // What is too small to be seen is made wider, at the cost of all.
        let wide: Vec<f64> =
            shown.iter().map(|part| (part.count as f64 / total * WIDTH).max(LEAST)).collect();
        let shrink = WIDTH / wide.iter().sum::<f64>().max(WIDTH);
        let mut x = 0.0;
        shown
            .iter()
            .zip(wide)
            .map(|(segment, width)| {
                let bar = Bar {
                    x: round(x),
                    width: round(width * shrink),
                    tone: segment.class(),
                    path: segment.path.clone(),
                    said: format!("{} {}", number(&segment.count), segment.label),
                };
                x += width * shrink;
                bar
            })
            .collect()
    }
}

/// One column of a chart over time.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it stands for, as the axis and the table name it.
    pub label: String,
    /// Its parts, from the bottom up.
    pub segments: Vec<Segment>,
}

struct Block {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    tone: &'static str,
    path: Option<String>,
    said: String,
}

struct Mark {
    x: f64,
    text: String,
}

/// Columns over time, with a legend and the same numbers as a table. Prints itself.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/columns.html")]
pub struct Columns {
    /// What it shows.
    pub label: String,
    /// From left to right.
    pub columns: Vec<Column>,
    /// What there is to know about the axis: the zone of its times.
    pub note: Option<String>,
}

impl HtmlSafe for Columns {}

/// Units of a chart's own coordinates up to the top.
const HEIGHT: f64 = 220.0;
/// Labels below the axis at most: more would run into each other.
const MARKS: usize = 6;

impl Columns {
    /// Columns over time.
    pub fn new(label: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { label: label.into(), columns, note: None }
    }

    /// With what there is to know about the axis.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Whether a part leads to a list.
    fn leads(&self) -> bool {
        self.columns.iter().flat_map(|column| &column.segments).any(|segment| segment.path.is_some())
    }

    fn most(&self) -> u64 {
        let sums = self.columns.iter().map(|column| column.segments.iter().map(|part| part.count).sum());
        sums.max().unwrap_or(0)
    }

    /// The round number at the top of the axis.
    fn top(&self) -> u64 {
        let most = self.most().max(1);
        let unit = 10_u64.pow(most.ilog10());
        let steps = [10, 15, 20, 25, 30, 40, 50, 60, 80, 100];
        // A half is a round number only where there are more than ten.
        let tops =
            steps.into_iter().filter(|step| (step * unit).is_multiple_of(10)).map(|step| step * unit / 10);
        tops.into_iter().find(|top| *top >= most).unwrap_or(most)
    }

    fn step(&self) -> f64 {
        WIDTH / (self.columns.len().max(1) as f64)
    }

    fn blocks(&self) -> Vec<Block> {
        let (top, step) = (self.top() as f64, self.step());
        let mut blocks = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            let mut y = HEIGHT;
            for segment in column.segments.iter().filter(|segment| segment.count > 0) {
                let height = (segment.count as f64 / top * HEIGHT).max(1.5);
                y -= height;
                blocks.push(Block {
                    x: round((place as f64).mul_add(step, step * 0.14)),
                    y: round(y.max(0.0)),
                    width: round(step * 0.72),
                    height: round(height),
                    tone: segment.class(),
                    path: segment.path.clone(),
                    said: format!("{}: {} {}", column.label, number(&segment.count), segment.label),
                });
            }
        }
        blocks
    }

    fn marks(&self) -> Vec<Mark> {
        let every = self.columns.len().div_ceil(MARKS).max(1);
        let step = self.step();
        let marked = self.columns.iter().enumerate().step_by(every);
        marked
            .map(|(place, column)| Mark { x: round((place as f64 + 0.5) * step), text: column.label.clone() })
            .collect()
    }

    /// The parts by name, with their sums over all columns.
    fn sums(&self) -> Vec<Segment> {
        let mut sums: Vec<Segment> = Vec::new();
        for segment in self.columns.iter().flat_map(|column| &column.segments) {
            match sums.iter_mut().find(|sum| sum.label == segment.label) {
                Some(sum) => sum.count += segment.count,
                None => sums.push(Segment { path: None, ..segment.clone() }),
            }
        }
        sums
    }
}

/// How much of something is used or done. Prints itself.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/meter.html")]
pub struct Meter {
    /// What it shows.
    pub label: String,
    /// How much.
    pub value: u64,
    /// Of how much.
    pub most: u64,
    /// How it is meant.
    pub tone: Tone,
    /// What there is to know about it, for who points at it.
    pub title: Option<String>,
}

impl HtmlSafe for Meter {}

impl Meter {
    /// How much of something is used or done.
    pub fn new(label: impl Into<String>, value: u64, most: u64) -> Self {
        Self { label: label.into(), value, most, tone: Tone::Active, title: None }
    }

    /// With what there is to know about it.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// How it is meant.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn width(&self) -> f64 {
        if self.most == 0 { 0.0 } else { round((self.value as f64 / self.most as f64 * WIDTH).min(WIDTH)) }
    }

    fn percent(&self) -> u64 {
        if self.most == 0 {
            0
        } else {
            (u128::from(self.value.min(self.most)) * 100 / u128::from(self.most)) as u64
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A number with its thousands set apart.
#[must_use]
pub fn number(count: &u64) -> String {
    let digits = count.to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_bar_and_none_is_lost() {
        let bar = StackedBar::new(
            "Verdicts",
            vec![
                Segment::new("accepted", 1_000_000, Tone::Good),
                Segment::new("failed", 1, Tone::Bad),
                Segment::new("skipped", 0, Tone::Neutral),
            ],
        );
        let bars = bar.bars();
        assert_eq!(bars.len(), 2);
        assert!(bars[1].width >= 3.9, "one among a million can be seen");
        assert!((bars.iter().map(|bar| bar.width).sum::<f64>() - WIDTH).abs() < 1.0);
        assert_eq!(bar.said(), "Verdicts: 1,000,000 accepted, 1 failed, 0 skipped");
        assert!(bar.to_string().contains("viewBox"));
    }

    #[test]
    fn nothing_at_all_is_an_empty_bar() {
        assert!(StackedBar::new("Verdicts", Vec::new()).bars().is_empty());
        assert!(Columns::new("Runs", Vec::new()).blocks().is_empty());
        assert_eq!(Meter::new("Done", 3, 0).percent(), 0);
    }

    #[test]
    fn two_parts_that_are_meant_alike_can_be_told_apart() {
        let parts = [Tone::Neutral, Tone::Warning, Tone::Bad].map(|tone| Segment::new("x", 1, tone));
        for part in parts {
            assert_ne!(part.class(), part.clone().deep(true).class());
        }
        assert_eq!(Segment::new("x", 1, Tone::Good).deep(true).class(), "good", "which has one shade");
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (most, top) in
            [(0, 1), (1, 1), (3, 3), (7, 8), (11, 15), (51, 60), (1_010, 1_500), (9_999, 10_000)]
        {
            let column =
                Column { label: "a".to_owned(), segments: vec![Segment::new("x", most, Tone::Good)] };
            assert_eq!(Columns::new("Runs", vec![column]).top(), top, "{most}");
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(|count| number(&count)),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
