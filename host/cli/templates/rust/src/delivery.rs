//! What is sent and what an answer means. An answer that is not understood never counts as accepted.

use serde_json::json;

/// The types of objects that the service takes; the manifest's `accepts` says the same.
const ACCEPTED_TYPES: [&str; 3] = ["FQDN", "IP Address", "URL"];

/// What an answer means for every object of its request. Codes are stable; messages are for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The service has them.
    Accepted,
    /// The service refuses them, and would again.
    Rejected { code: &'static str, message: String },
    /// It is not known whether the service has them.
    Failed { code: &'static str, message: String },
    /// Nothing more can be done.
    Stopped { code: &'static str, message: String },
}

/// Whether the service takes objects of this type.
pub fn accepts(subtype: &str) -> bool {
    ACCEPTED_TYPES.contains(&subtype)
}

/// The JSON of one request: type and value of each object.
pub fn body<'a>(objects: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let entries: Vec<_> =
        objects.into_iter().map(|(subtype, value)| json!({ "type": subtype, "value": value })).collect();
    json!(entries).to_string().into_bytes()
}

/// What an answer means, by its HTTP status; `Err` says why there was none.
pub fn judge(answer: &Result<u16, String>) -> Judgement {
    let status = match answer {
        Ok(status) => *status,
        Err(why) => {
            let message = format!("the service gave no answer: {why}");
            return Judgement::Failed { code: "no-answer", message };
        }
    };
    let message = format!("the service answered with status {status}");
    match status {
        200..=299 => Judgement::Accepted,
        401 | 403 => Judgement::Stopped { code: "credential-refused", message },
        408 | 425 | 429 => Judgement::Failed { code: "service-error", message },
        400..=499 => Judgement::Rejected { code: "service-refused", message },
        _ => Judgement::Failed { code: "service-error", message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_is_taken_for_success() {
        assert_eq!(judge(&Ok(204)), Judgement::Accepted);
        assert!(matches!(judge(&Ok(302)), Judgement::Failed { .. }));
        assert!(matches!(judge(&Ok(400)), Judgement::Rejected { .. }));
        assert!(matches!(judge(&Ok(401)), Judgement::Stopped { .. }));
        assert!(matches!(judge(&Ok(500)), Judgement::Failed { .. }));
        assert!(matches!(judge(&Err("connection-refused".into())), Judgement::Failed { .. }));
    }

    #[test]
    fn the_body_holds_type_and_value() {
        let body = String::from_utf8(body([("FQDN", "a.example")])).unwrap();
        assert_eq!(body, r#"[{"type":"FQDN","value":"a.example"}]"#);
    }
}
