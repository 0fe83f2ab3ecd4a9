//! Whether a file is a software bill of materials in the form that bundles carry: CycloneDX 1.x, as JSON.
//!
//! Denies by default: another format, and a bill that lists nothing.

use serde::Deserialize;

/// Why a file cannot be a bundle's software bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum SoftwareBillFault {
    /// No JSON, or not the fields of CycloneDX.
    #[error("the software bill of materials is not CycloneDX as JSON: {message}")]
    NotCycloneDx { message: String },
    /// Another version of CycloneDX.
    #[error("the software bill of materials is of version `{found}`, expected 1.x")]
    Version { found: String },
    /// A bill without components.
    #[error("the software bill of materials lists no components")]
    NoComponents,
}

impl SoftwareBillFault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotCycloneDx { .. } => "not-cyclonedx",
            Self::Version { .. } => "cyclonedx-version",
            Self::NoComponents => "cyclonedx-empty",
        }
    }
}

/// The fields that every CycloneDX document has (<https://cyclonedx.org/docs/1.6/json/>), and the list that makes it a bill.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bill {
    bom_format: String,
    spec_version: String,
    #[serde(default)]
    components: Vec<Component>,
}

/// What each component of a bill has.
#[derive(Deserialize)]
struct Component {
    #[serde(rename = "type")]
    _kind: String,
    #[serde(rename = "name")]
    _name: String,
}

/// Checks a software bill of materials.
pub(crate) fn check(bytes: &[u8]) -> Result<(), SoftwareBillFault> {
    let bill: Bill = serde_json::from_slice(bytes)
        .map_err(|error| SoftwareBillFault::NotCycloneDx { message: error.to_string() })?;
    if bill.bom_format != "CycloneDX" {
        let message = format!("`bomFormat` is `{}`", bill.bom_format);
        return Err(SoftwareBillFault::NotCycloneDx { message });
    }
    let minor = bill.spec_version.strip_prefix("1.").unwrap_or_default();
    if minor.is_empty() || !minor.chars().all(|digit| digit.is_ascii_digit()) {
        return Err(SoftwareBillFault::Version { found: bill.spec_version });
    }
    if bill.components.is_empty() { Err(SoftwareBillFault::NoComponents) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_cyclonedx_will_do() {
        let components = r#""components":[{"type":"library","name":"serde"}]"#;
        assert_eq!(
            check(format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6",{components}}}"#).as_bytes()),
            Ok(())
        );
        for (text, code) in [
            ("not json".to_owned(), "not-cyclonedx"),
            (r#"{"spdxVersion":"SPDX-2.3"}"#.to_owned(), "not-cyclonedx"),
            (format!(r#"{{"bomFormat":"Other","specVersion":"1.6",{components}}}"#), "not-cyclonedx"),
            (format!(r#"{{"bomFormat":"CycloneDX","specVersion":"2.0",{components}}}"#), "cyclonedx-version"),
            (format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.",{components}}}"#), "cyclonedx-version"),
            (r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#.to_owned(), "cyclonedx-empty"),
        ] {
            assert_eq!(check(text.as_bytes()).unwrap_err().code(), code, "{text}");
        }
    }
}
