//! What is to be known about a collection's files beyond their counts, in sentences.

use crate::{Format, Summary};

/// What is to be known about a collection's files beyond their counts: fields that were not used, values that were changed,
/// and pages that were not given. One sentence for each, lower case, without a full stop.
///
/// Each page of a collection announces the whole of it: files that announce the same number are complete together.
#[must_use]
pub fn warnings(files: &[Summary]) -> Vec<String> {
    let seen_of = |announced: u64| -> u64 {
        files.iter().filter(|file| file.total_announced == Some(announced)).map(Summary::seen).sum()
    };
    let mut warnings = Vec::new();
    for file in files {
        let name = &file.name;
        if let Some(announced) = file.total_announced.filter(|announced| seen_of(*announced) < *announced) {
            warnings.push(format!(
                "`{name}` announces {announced} objects and holds {}: it is one page of several, and the others were not given",
                file.seen()
            ));
        }
        warnings.extend(ignored(file));
        warnings.extend(nothing_for_use(file));
        if file.stripped > 0 {
            warnings.push(format!(
                "`{name}`: invisible characters were removed around {}",
                counted(file.stripped, "value", "values")
            ));
        }
        warnings
            .extend(file.notes.iter().map(|(note, count)| format!("`{name}`: {}", note.sentence(*count))));
        warnings.extend(unlisted(file));
        if file.unreadable_not_listed > 0 {
            warnings.push(format!(
                "`{name}`: {} could not be read and {} counted only",
                counted(file.unreadable_not_listed, "further record", "further records"),
                if file.unreadable_not_listed == 1 { "is" } else { "are" }
            ));
        }
    }
    warnings
}

fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// One sentence for each field of [`Summary::ignored`].
fn ignored(file: &Summary) -> impl Iterator<Item = String> {
    file.ignored.iter().map(|(field, count)| {
        format!(
            "`{}`: {} a `{field}` that {} does not allow; a number beyond its range counts as the nearest one in it, anything \
             else as missing",
            file.name,
            counted(*count, "record holds", "records hold"),
            file.format
        )
    })
}

/// A file with records, none of which is for use.
fn nothing_for_use(file: &Summary) -> Option<String> {
    let name = &file.name;
    if file.objects > 0 || file.unreadable > 0 {
        return None;
    }
    let what = match file.format {
        Format::Stix => {
            "in a STIX file, only objects of the type `indicator` are indicators; observables such as `domain-name` and \
             `ipv4-addr` alone are not"
        }
        Format::Misp => "in a MISP file, `to_ids` marks the attributes for detection",
        Format::ThreatQ | Format::Csv | Format::Text => {
            return (file.left_out > 0).then(|| {
                format!(
                    "`{name}` holds nothing to use: {} left out",
                    counted(file.left_out, "record is", "records are")
                )
            });
        }
    };
    Some(format!(
        "`{name}` holds nothing to use ({} left out): {what}",
        counted(file.left_out, "record is", "records are")
    ))
}

fn unlisted(file: &Summary) -> Option<String> {
    let suffixes: Vec<String> =
        file.unlisted_suffixes.iter().map(|suffix| format!("`.{}`", crate::excerpt(suffix))).collect();
    (file.unlisted > 0).then(|| {
        format!(
            "`{}`: {} in a top-level domain that is not on the public suffix list ({})",
            file.name,
            counted(file.unlisted, "domain name ends", "domain names end"),
            suffixes.join(", ")
        )
    })
}
