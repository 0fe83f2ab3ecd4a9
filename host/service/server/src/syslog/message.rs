//! One line of the audit log as a syslog message (RFC 5424): the facility for audit, structured data by name, and the line as JSON
//! for people and for receivers that read no structured data.

use palisade_limits as limits;
use palisade_store::AuditEntry;
use serde_json::json;

/// Facility 13, log audit, and severity: 6 informational, 4 warning for what was refused.
const INFORMATIONAL: u8 = 13 * 8 + 6;
const WARNING: u8 = 13 * 8 + 4;

/// The name of this machine, as messages carry it.
pub(super) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    header_field(name.trim(), 255)
}

/// The message.
pub(super) fn of(entry: &AuditEntry, host: &str) -> String {
    let refused = entry.what.ends_with(".failed")
        || entry.what.ends_with(".refused")
        || entry.what.ends_with(".delayed");
    let priority = if refused { WARNING } else { INFORMATIONAL };
    let at = entry.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    let address = entry.address.as_deref().unwrap_or_default();
    // 32473 is the number for examples and documentation (RFC 5612): nobody has to own one to name structured data.
    let parameters = [
        ("id", entry.id.to_string()),
        ("who", entry.who.clone()),
        ("what", entry.what.clone()),
        ("subject", entry.subject.clone()),
        ("address", address.to_owned()),
    ];
    let parameters: String =
        parameters.iter().map(|(name, value)| format!(" {name}=\"{}\"", quoted(value))).collect();
    let what = header_field(&entry.what, 32);
    let head = format!(
        "<{priority}>1 {at} {host} palisade {} {what} [audit@32473{parameters}] ",
        std::process::id()
    );
    let mut line = json!({
        "id": entry.id, "at": entry.at, "who": entry.who, "what": entry.what, "subject": entry.subject,
        "before": entry.before, "after": entry.after, "address": entry.address,
        "user_id": entry.user, "subject_user_id": entry.subject_user,
    });
    let mut message = format!("{head}{line}");
    if message.len() as u64 > limits::SYSLOG_MESSAGE_BYTES
        && let Some(members) = line.as_object_mut()
    {
        members.remove("before");
        members.remove("after");
        members.insert("shortened".to_owned(), json!(true));
        message = format!("{head}{line}");
    }
    message
}

/// A field of the header: printable ASCII without spaces, `-` if there is nothing.
fn header_field(text: &str, most: usize) -> String {
    let text: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

/// A value of structured data: `"`, `\` and `]` are escaped; what could end a line or steer a terminal is left out.
fn quoted(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for character in value.chars().filter(|character| !character.is_control()).take(1_024) {
        if matches!(character, '"' | '\\' | ']') {
            written.push('\\');
        }
        written.push(character);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(who: &str, what: &str) -> AuditEntry {
        AuditEntry {
            id: 7,
            at: "2026-11-22T12:00:00.5Z".parse().unwrap(),
            who: who.to_owned(),
            what: what.to_owned(),
            subject: "grace".to_owned(),
            before: None,
            after: Some(json!({ "role": "viewer" })),
            address: Some("192.0.2.1".to_owned()),
            user: None,
            subject_user: None,
        }
    }

    #[test]
    fn a_message_has_the_parts_of_the_standard() {
        let message = of(&entry("ada", "user.invited"), "host");
        let head =
            format!("<110>1 2026-11-22T12:00:00.500Z host palisade {} user.invited ", std::process::id());
        let data =
            r#"[audit@32473 id="7" who="ada" what="user.invited" subject="grace" address="192.0.2.1"] "#;
        let line = message.strip_prefix(&head).and_then(|rest| rest.strip_prefix(data)).expect(&message);
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["id"], &line["after"]["role"]), (&json!(7), &json!("viewer")));
        assert!(of(&entry("nobody", "log-in.failed"), "-").starts_with("<108>1 "));
    }

    #[test]
    fn what_somebody_chose_ends_neither_a_value_nor_a_line() {
        let message = of(&entry("a\"]\\\n<1>1 forged\u{1b}[2J", "user.invited"), "host");
        assert!(message.contains(r#"who="a\"\]\\<1>1 forged[2J""#), "{message}");
        assert!(!message.contains('\n') && !message.contains('\u{1b}'));
        assert_eq!(header_field("a b\u{7f}ü", 10), "ab");
        assert_eq!(header_field(" ", 10), "-");
    }

    #[test]
    fn a_long_line_loses_what_was_before_and_after() {
        let mut long = entry("ada", "workflow.changed");
        long.after = Some(json!("x".repeat(limits::SYSLOG_MESSAGE_BYTES as usize)));
        let message = of(&long, "host");
        assert!(
            (message.len() as u64) < limits::SYSLOG_MESSAGE_BYTES && message.contains("\"shortened\":true")
        );
    }
}
