//! The part of the STIX pattern language that lists of indicators use: comparisons with `=` and `IN`, joined by `OR`, and by
//! `AND` where all that is joined describes one thing. Everything that makes a pattern mean more or less than "any of these
//! values" is refused by name, never passed over.
//!
//! | joined by `AND` | is |
//! |---|---|
//! | `network-traffic:dst_ref.type = 'ipv4-addr'` and `network-traffic:dst_ref.value = '…'` | the address: the first half says what the second is |
//! | the same, and `network-traffic:dst_port = 443` | the address, the port beside it |
//! | hashes of a file, and any other property of the file | each of the hashes, the name and the rest beside it |
//! | anything else | unreadable |

mod parser;
mod tokens;

use parser::{Expression, Leaf, Literal};

/// One value that a pattern looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Type of the observed object, for example `domain-name`.
    pub(crate) object: String,
    /// Property of it in steps, for example `hashes`, `SHA-256`. An index is a step such as `[*]`.
    pub(crate) property: Vec<String>,
    /// The value, without quotes and escapes.
    pub(crate) value: String,
    /// The type of the object that a reference leads to, where the pattern says so: `ipv4-addr`.
    pub(crate) refers_to: Option<String>,
    /// What else the pattern says about it, as names and values.
    pub(crate) beside: Vec<(String, String)>,
}

/// The values that a pattern looks for, any of which is enough.
///
/// # Errors
///
/// A sentence that names what was not understood.
pub(crate) fn parse(pattern: &str) -> Result<Vec<Comparison>, String> {
    values(parser::parse(pattern)?)
}

/// The values of an expression, any of which is enough.
fn values(expression: Expression) -> Result<Vec<Comparison>, String> {
    match expression {
        Expression::Leaf(leaf) => of_leaf(leaf),
        Expression::Any(parts) => {
            let mut found = Vec::new();
            for part in parts {
                found.extend(values(part)?);
            }
            Ok(found)
        }
        Expression::All(parts) => combined(parts),
    }
}

fn of_leaf(leaf: Leaf) -> Result<Vec<Comparison>, String> {
    let Leaf { object, property, literals } = leaf;
    literals
        .into_iter()
        .map(|literal| match literal {
            Literal::Text(value) => Ok(Comparison {
                object: object.clone(),
                property: property.clone(),
                value,
                refers_to: None,
                beside: Vec::new(),
            }),
            Literal::Bare(word) => Err(parser::not_understood(&word)),
        })
        .collect()
}

/// The values of parts that have to hold together, where all of them describe one thing.
fn combined(parts: Vec<Expression>) -> Result<Vec<Comparison>, String> {
    let mut flat = Vec::new();
    parts.into_iter().for_each(|part| flatten(part, &mut flat));
    let shown: Vec<String> = flat.iter().map(Expression::name).collect();
    let together = || {
        let names: Vec<String> =
            shown.iter().map(|name| format!("`{}`", palisade_model::excerpt(name))).collect();
        format!(
            "the pattern joins {} by `AND`, which is not one value; expected values joined by `OR`",
            palisade_model::excerpt(&names.join(" and "))
        )
    };
    if flat.iter().any(Expression::is_file_hash) {
        return of_file(flat).ok_or_else(together)?;
    }
    let (mut guards, mut conditions, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    for part in flat {
        match part {
            Expression::Leaf(leaf) => match (leaf.guard(), leaf.traffic_condition()) {
                (Some(guard), _) => guards.push(guard),
                (None, Some(condition)) => conditions.push(condition),
                (None, None) => subjects.push(Expression::Leaf(leaf)),
            },
            other => subjects.push(other),
        }
    }
    let subject = match (subjects.pop(), subjects.is_empty()) {
        (Some(subject), true) => subject,
        _ => return Err(together()),
    };
    let mut found = values(subject)?;
    for comparison in &mut found {
        for guard in &guards {
            if !guard.admits(comparison) {
                return Err(together());
            }
            comparison.refers_to = Some(guard.kind.clone());
        }
        for condition in &conditions {
            if !condition.is_about(comparison) {
                return Err(together());
            }
            comparison.beside.push((condition.name.to_owned(), condition.value.clone()));
        }
    }
    Ok(found)
}

/// Parts inside of parts that all have to hold, each of them once.
fn flatten(part: Expression, flat: &mut Vec<Expression>) {
    match part {
        Expression::All(parts) => parts.into_iter().for_each(|part| flatten(part, flat)),
        part => {
            // Patterns have a few parts; one with thousands is compared no further.
            if flat.len() >= COMPARED || !flat.contains(&part) {
                flat.push(part);
            }
        }
    }
}

/// Parts that are compared with each other, to find those that are there twice.
const COMPARED: usize = 64;

/// The hashes of a file, with everything else that is said about it beside each of them; none where anything is about
/// something else.
fn of_file(parts: Vec<Expression>) -> Option<Result<Vec<Comparison>, String>> {
    let (hashes, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(Expression::is_file_hash);
    let mut beside = Vec::new();
    for other in others {
        match other {
            Expression::Leaf(leaf) if leaf.object == "file" => {
                let name = match leaf.property.as_slice() {
                    [only] if only == "name" => "filename".to_owned(),
                    steps => steps.join("."),
                };
                let literals =
                    leaf.literals.into_iter().map(|(Literal::Text(text) | Literal::Bare(text))| text);
                beside.extend(literals.map(|literal| (name.clone(), literal)));
            }
            _ => return None,
        }
    }
    let mut found = Vec::new();
    for hash in hashes {
        match values(hash) {
            Ok(values) => found.extend(values),
            Err(message) => return Some(Err(message)),
        }
    }
    found.iter_mut().for_each(|comparison: &mut Comparison| comparison.beside.clone_from(&beside));
    Some(Ok(found))
}

/// A comparison that only says of which type the object behind a reference is.
struct Guard {
    object: String,
    reference: Vec<String>,
    kind: String,
}

impl Guard {
    /// Whether the comparison is about the value of the same object, and nothing else was said about its type.
    fn admits(&self, comparison: &Comparison) -> bool {
        let is_value = comparison
            .property
            .split_last()
            .is_some_and(|(last, reference)| last == "value" && reference == self.reference.as_slice());
        is_value
            && comparison.object == self.object
            && comparison.refers_to.as_ref().is_none_or(|kind| *kind == self.kind)
    }
}

/// A port or a protocol of a connection.
struct TrafficCondition {
    /// The end of the connection that it is about; none for the connection as a whole.
    end: Option<&'static str>,
    name: &'static str,
    value: String,
}

impl TrafficCondition {
    fn is_about(&self, comparison: &Comparison) -> bool {
        comparison.object == "network-traffic"
            && matches!(comparison.property.as_slice(), [reference, value]
                if value == "value" && matches!(reference.as_str(), "src_ref" | "dst_ref")
                    && self.end.is_none_or(|end| end == reference))
    }
}

/// Types of objects that a value can be.
const VALUE_TYPES: &[&str] = &["domain-name", "email-addr", "ipv4-addr", "ipv6-addr", "mac-addr", "url"];

impl Leaf {
    fn guard(&self) -> Option<Guard> {
        let (last, reference) = self.property.split_last()?;
        let [Literal::Text(kind)] = self.literals.as_slice() else { return None };
        let is_guard = last == "type" && !reference.is_empty() && VALUE_TYPES.contains(&kind.as_str());
        is_guard.then(|| Guard {
            object: self.object.clone(),
            reference: reference.to_vec(),
            kind: kind.clone(),
        })
    }

    fn traffic_condition(&self) -> Option<TrafficCondition> {
        if self.object != "network-traffic" {
            return None;
        }
        let [Literal::Text(value) | Literal::Bare(value)] = self.literals.as_slice() else { return None };
        let steps: Vec<&str> = self.property.iter().map(String::as_str).collect();
        let (end, name) = match steps.as_slice() {
            ["dst_port"] => (Some("dst_ref"), "port"),
            ["src_port"] => (Some("src_ref"), "port"),
            ["protocols", ..] => (None, "protocol"),
            _ => return None,
        };
        Some(TrafficCondition { end, name, value: value.clone() })
    }
}

impl Expression {
    /// Whether it is about hashes of a file and nothing else.
    fn is_file_hash(&self) -> bool {
        match self {
            Self::Leaf(leaf) => {
                leaf.object == "file" && leaf.property.first().is_some_and(|step| step == "hashes")
            }
            Self::Any(parts) | Self::All(parts) => parts.iter().all(Self::is_file_hash),
        }
    }

    /// The first property that it is about.
    fn name(&self) -> String {
        match self {
            Self::Leaf(leaf) => format!("{}:{}", leaf.object, leaf.property.join(".")),
            Self::Any(parts) | Self::All(parts) => parts.first().map_or_else(String::new, Self::name),
        }
    }
}

#[cfg(test)]
mod tests;
