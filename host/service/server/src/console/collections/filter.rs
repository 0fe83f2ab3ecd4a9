//! The saved filter as a form and in words. Times are entered in the zone of the console and kept in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade_limits as limits;
use palisade_orchestrator::Filter;

use crate::Fault;
use crate::view::{Choice, Field, Kind, local_moment, typed_moment};

/// The types that actions commonly take, by ThreatQ's names: offered until it is known which ones a collection has.
const TYPES: [&str; 8] =
    ["FQDN", "IP Address", "IPv6 Address", "URL", "Email Address", "SHA-1", "SHA-256", "MD5"];
/// The statuses that ThreatQ comes with.
const STATUSES: [&str; 5] = ["Active", "Expired", "Indirect", "Review", "Whitelisted"];

/// The fields of the form: lists to choose from, lines, numbers and times, and what is excluded.
pub(super) struct FilterForm {
    pub(super) lists: Vec<Field>,
    pub(super) lines: Vec<Field>,
    pub(super) range: Vec<Field>,
    pub(super) exclusion: Vec<Field>,
}

fn list(name: &str, label: &str, known: &[&str], chosen: &[String]) -> [Field; 2] {
    let is_known = |one: &String| known.iter().any(|known| known.eq_ignore_ascii_case(one));
    let choices = known.iter().map(|known| Choice::new(*known, *known)).collect();
    let of_known = known.iter().filter(|known| chosen.iter().any(|one| one.eq_ignore_ascii_case(known)));
    let others: Vec<&str> = chosen.iter().filter(|one| !is_known(one)).map(String::as_str).collect();
    let other = Field::text(format!("other_{name}"), format!("Other {name}")).value(others.join(", "));
    [
        Field::new(Kind::Checks(choices), name, label).values(of_known.map(ToString::to_string).collect()),
        other.help("Separated by commas.").attribute("autocomplete", "off"),
    ]
}

/// A moment as a field of HTML has it.
fn local(moment: &str, zone: &TimeZone) -> String {
    moment.parse::<Timestamp>().map_or_else(|_| moment.to_owned(), |at| local_moment(at, zone))
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().map_or_else(|| "of this service".to_owned(), ToOwned::to_owned)
}

/// The form with what a filter asks for; `there` are the types that the collection has, where it has been read.
pub(super) fn form(filter: &Filter, zone: &TimeZone, there: &[String], faults: &[Fault]) -> FilterForm {
    let score = |name: &str, label: &str, score: Option<f64>| {
        Field::new(Kind::Line("number"), name, label)
            .value(score.map(|score| score.to_string()).unwrap_or_default())
            .attribute("step", "any")
            .help("As ThreatQ scores: 0 to 10.")
    };
    let several = |name: &str, label: &str, list: &[String]| {
        Field::text(name, label).value(list.join(", ")).attribute("autocomplete", "off")
    };
    let since = filter.updated_since.as_deref().map(|moment| local(moment, zone)).unwrap_or_default();
    let judged =
        |fields: Vec<Field>| fields.into_iter().map(|field| field.unmarked().faults(faults)).collect();
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    let known = if there.is_empty() { TYPES.as_slice() } else { there.as_slice() };
    let [types, other_types] = list("types", "Types", known, &filter.types);
    let [statuses, other_statuses] = list("statuses", "Statuses", &STATUSES, &filter.statuses);
    FilterForm {
        lists: judged(vec![types, statuses]),
        lines: judged(vec![
            other_types,
            other_statuses,
            Field::text("tags", "Tags").value(filter.tags.join(", ")).help("All, separated by commas."),
            Field::text("text", "Text").value(&filter.text).help("Value, description, attribute."),
        ]),
        range: judged(vec![
            score("score_from", "Score from", filter.score_from),
            score("score_to", "Score to", filter.score_to),
            Field::new(Kind::Line("number"), "updated_within_days", "Updated in the last days")
                .value(filter.updated_within_days.map(|days| days.to_string()).unwrap_or_default())
                .attribute("min", "1")
                .attribute("max", limits::FILTER_DAYS.to_string())
                .help("Counted back from each run."),
            Field::new(Kind::Line("datetime-local"), "updated_since", "Updated since")
                .value(since)
                .help(format!("Time zone: {}.", zone_name(zone))),
        ]),
        exclusion: judged(vec![
            several("exclude_types", "Exclude types", &filter.exclude_types).help("Separated by commas."),
            several("exclude_statuses", "Exclude statuses", &filter.exclude_statuses)
                .help("Separated by commas."),
            several("exclude_tags", "Exclude tags", &filter.exclude_tags)
                .help("Any of them, separated by commas."),
            Field::text("exclude_text", "Exclude text")
                .value(&filter.exclude_text)
                .help("Value, description, attribute."),
        ]),
    }
}

/// The filter that a form asks for; what cannot be read is told by field.
pub(super) fn entered(sent: &[(String, String)], zone: &TimeZone) -> Result<Filter, Vec<Fault>> {
    let mut faults = Vec::new();
    let one = |name: &str| {
        sent.iter()
            .find(|(sent, _)| sent == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    let parted = |name: &str| {
        let parts = one(name).unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<String>>()
    };
    let several = |name: &str| {
        let chosen = sent.iter().filter(|(sent, value)| sent == name && !value.is_empty());
        let mut all: Vec<String> = chosen.map(|(_, value)| value.clone()).collect();
        for other in parted(&format!("other_{name}")) {
            if !all.iter().any(|one| one.eq_ignore_ascii_case(&other)) {
                all.push(other);
            }
        }
        all
    };
    let mut number = |name: &str| {
        let text = one(name)?;
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            faults.push(Fault::new(name, format!("A number is expected, not “{text}”.")));
        }
        number
    };
    let (score_from, score_to) = (number("score_from"), number("score_to"));
    let updated_since = one("updated_since").and_then(|text| {
        let moment = typed_moment(text, zone);
        if moment.is_none() {
            faults
                .push(Fault::new("updated_since", "A day and a time are expected, as in 2026-11-22T08:00."));
        }
        moment.map(|moment| moment.to_string())
    });
    let updated_within_days = one("updated_within_days").and_then(|text| {
        let days = text.parse::<u64>();
        if days.is_err() {
            let message = format!("Enter a number of days from 1 to {}.", limits::FILTER_DAYS);
            faults.push(Fault::new("updated_within_days", message));
        }
        days.ok()
    });
    let filter = Filter {
        updated_within_days,
        exclude_types: parted("exclude_types"),
        exclude_statuses: parted("exclude_statuses"),
        exclude_tags: parted("exclude_tags"),
        exclude_text: one("exclude_text").unwrap_or_default().to_owned(),
        types: several("types"),
        statuses: several("statuses"),
        score_from,
        score_to,
        tags: parted("tags"),
        text: one("text").unwrap_or_default().to_owned(),
        updated_since,
    };
    if faults.is_empty() { Ok(filter) } else { Err(faults) }
}

/// What a filter asks for, condition by condition.
pub(super) fn in_words(filter: &Filter, zone: &TimeZone) -> Vec<String> {
    let mut words = Vec::new();
    for list in [&filter.types, &filter.statuses] {
        if !list.is_empty() {
            words.push(list.join(" or "));
        }
    }
    match (filter.score_from, filter.score_to) {
        (None, None) => {}
        (Some(from), None) => words.push(format!("score {from} or more")),
        (None, Some(to)) => words.push(format!("score {to} or less")),
        (Some(from), Some(to)) => words.push(format!("score {from} to {to}")),
    }
    if !filter.tags.is_empty() {
        words.push(format!("tagged {}", filter.tags.join(" and ")));
    }
    if !filter.text.is_empty() {
        words.push(format!("with “{}”", filter.text));
    }
    if let Some(since) = &filter.updated_since {
        words.push(format!("updated since {}", local(since, zone).replace('T', " ")));
    }
    if let Some(days) = filter.updated_within_days {
        let unit = if days == 1 { "day" } else { "days" };
        words.push(format!("updated in the last {days} {unit}"));
    }
    for (list, what) in
        [(&filter.exclude_types, ""), (&filter.exclude_statuses, ""), (&filter.exclude_tags, "tagged ")]
    {
        if !list.is_empty() {
            words.push(format!("not {what}{}", list.join(" or ")));
        }
    }
    if !filter.exclude_text.is_empty() {
        words.push(format!("without “{}”", filter.exclude_text));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[test]
    fn an_empty_form_is_an_empty_filter() {
        let form = sent(&[
            ("csrf", "x"),
            ("other_types", " , "),
            ("score_from", ""),
            ("updated_since", ""),
            ("text", " "),
        ]);
        assert!(entered(&form, &berlin()).unwrap().is_empty());
    }

    #[test]
    fn what_is_entered_is_what_is_asked_for() {
        let form = sent(&[
            ("types", "FQDN"),
            ("types", "URL"),
            ("other_types", "Registry Key, fqdn"),
            ("statuses", "Active"),
            ("score_from", "5"),
            ("score_to", "9.5"),
            ("tags", "loader, winter "),
            ("text", "evil"),
            ("updated_since", "2026-11-22T08:00"),
            ("updated_within_days", "30"),
            ("exclude_types", "IPv6 Address"),
            ("exclude_tags", "benign, sinkhole"),
            ("exclude_text", "internal"),
        ]);
        let filter = entered(&form, &berlin()).unwrap();
        assert_eq!(filter.types, ["FQDN", "URL", "Registry Key"]);
        assert_eq!(filter.tags, ["loader", "winter"]);
        assert_eq!(filter.updated_since.as_deref(), Some("2026-11-22T07:00:00Z"));
        assert_eq!(filter.check(), Ok(()));
        assert_eq!(
            in_words(&filter, &berlin()),
            [
                "FQDN or URL or Registry Key",
                "Active",
                "score 5 to 9.5",
                "tagged loader and winter",
                "with “evil”",
                "updated since 2026-11-22 08:00",
                "updated in the last 30 days",
                "not IPv6 Address",
                "not tagged benign or sinkhole",
                "without “internal”",
            ]
        );
    }

    #[test]
    fn the_form_shows_what_it_was_given() {
        let filter = Filter {
            types: vec!["fqdn".to_owned(), "Registry Key".to_owned()],
            updated_since: Some("2026-11-22T07:00:00Z".to_owned()),
            ..Filter::default()
        };
        let there = ["FQDN".to_owned(), "Mutex".to_owned()];
        let form = form(&filter, &berlin(), &there, &[]);
        assert_eq!(form.lists[0].values, ["FQDN"]);
        assert!(form.lists[0].to_string().contains(r#"value="Mutex""#), "{}", form.lists[0]);
        assert!(!form.lists[0].to_string().contains(r#"value="MD5""#), "{}", form.lists[0]);
        assert_eq!(form.lines[0].values, ["Registry Key"]);
        assert_eq!(form.range[3].values, ["2026-11-22T08:00"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_field() {
        let form = sent(&[
            ("score_from", "much"),
            ("score_to", "NaN"),
            ("updated_since", "yesterday"),
            ("updated_within_days", "-1"),
        ]);
        let faults = entered(&form, &berlin()).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["score_from", "score_to", "updated_since", "updated_within_days"]);
    }
}
