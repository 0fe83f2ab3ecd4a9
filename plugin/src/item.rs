//! One element of a request body: an identifier and, where they are set, the fields that the API takes beside it.
//!
//! A field without a value is left out of the JSON, never sent empty: the API refuses an empty `riskLevel`, and a
//! field that is left out takes the tenant's own setting.

use std::net::IpAddr;
use std::rc::Rc;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// What an object is to the API; each name is a key of the request's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// A domain name as A-labels.
    Domain,
    /// One IPv4 or IPv6 address.
    Ip,
    /// A URL with its scheme.
    Url,
    /// A sender's mail address.
    SenderMailAddress,
    /// 40 hexadecimal digits.
    FileSha1,
    /// 64 hexadecimal digits.
    FileSha256,
}

impl Field {
    /// Every field, in the order of the API's documentation of types.
    pub const ALL: [Self; 6] =
        [Self::Domain, Self::Ip, Self::Url, Self::SenderMailAddress, Self::FileSha1, Self::FileSha256];

    /// The key in the request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Ip => "ip",
            Self::Url => "url",
            Self::SenderMailAddress => "senderMailAddress",
            Self::FileSha1 => "fileSha1",
            Self::FileSha256 => "fileSha256",
        }
    }
}

/// What makes two submissions the same: field and normalised value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// What it is.
    pub field: Field,
    /// The value as the service gets it.
    pub value: Rc<str>,
}

impl Identifier {
    /// What two values have in common where they name the same object of a list: names, mail addresses and hashes
    /// without regard to case, addresses by what they mean, URLs as given. The API says nothing of case; clients in
    /// production compare so.
    pub fn key(field: Field, value: &str) -> Self {
        let value = match field {
            Field::Url => Rc::from(value),
            Field::Ip => match value.parse::<IpAddr>() {
                Ok(address) => Rc::from(address.to_string()),
                Err(_) => Rc::from(value.to_ascii_lowercase()),
            },
            _ => Rc::from(value.to_lowercase()),
        };
        Self { field, value }
    }
}

/// What connected products do on detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanAction {
    /// Block it.
    Block,
    /// Only log it.
    Log,
}

impl ScanAction {
    /// The value of `scanAction`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Log => "log",
        }
    }
}

/// The risk that the list shows for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskLevel {
    /// `high`.
    High,
    /// `medium`.
    Medium,
    /// `low`.
    Low,
}

impl RiskLevel {
    /// The value of `riskLevel`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// The fields that only the block list takes; each is left out where it is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockFields {
    /// `scanAction`.
    pub scan_action: Option<ScanAction>,
    /// `riskLevel`.
    pub risk_level: Option<RiskLevel>,
    /// `daysToExpiration`: whole days, −1 for never.
    pub days_to_expiration: Option<i16>,
}

/// One element of a request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The one identifier key with its value.
    pub identifier: Identifier,
    /// `description`, at most [`crate::limits::DESCRIPTION_CHARACTERS`].
    pub description: Option<Rc<str>>,
    /// All `None` for the exception list, which refuses these fields.
    pub block: BlockFields,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.identifier.field.name(), &*self.identifier.value)?;
        if let Some(description) = &self.description {
            map.serialize_entry("description", &**description)?;
        }
        if let Some(scan_action) = self.block.scan_action {
            map.serialize_entry("scanAction", scan_action.name())?;
        }
        if let Some(risk_level) = self.block.risk_level {
            map.serialize_entry("riskLevel", risk_level.name())?;
        }
        if let Some(days) = self.block.days_to_expiration {
            map.serialize_entry("daysToExpiration", &days)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(field: Field, value: &str) -> Item {
        Item {
            identifier: Identifier { field, value: value.into() },
            description: None,
            block: BlockFields::default(),
        }
    }

    #[test]
    fn the_same_object_has_the_same_key() {
        let same =
            |field, one: &str, other: &str| Identifier::key(field, one) == Identifier::key(field, other);
        assert!(same(Field::Domain, "EXAMPLE.com", "example.COM"));
        assert!(same(Field::SenderMailAddress, "A@example.com", "a@example.com"));
        assert!(same(Field::FileSha1, "AB", "ab"));
        assert!(same(Field::Ip, "2001:DB8:0::1", "2001:db8::1"));
        assert!(same(Field::Ip, "192.0.2.0/24", "192.0.2.0/24"));
        assert!(!same(Field::Url, "http://e.com/A", "http://e.com/a"));
    }

    #[test]
    fn what_is_not_set_is_left_out() -> Result<(), serde_json::Error> {
        assert_eq!(serde_json::to_string(&item(Field::Ip, "192.0.2.1"))?, r#"{"ip":"192.0.2.1"}"#);
        Ok(())
    }

    #[test]
    fn all_fields_have_the_names_and_types_of_the_api() -> Result<(), serde_json::Error> {
        let mut full = item(Field::SenderMailAddress, "a@example.com");
        full.description = Some("said \"so\"".into());
        full.block = BlockFields {
            scan_action: Some(ScanAction::Log),
            risk_level: Some(RiskLevel::Medium),
            days_to_expiration: Some(-1),
        };
        assert_eq!(
            serde_json::to_string(&full)?,
            r#"{"senderMailAddress":"a@example.com","description":"said \"so\"","scanAction":"log","riskLevel":"medium","daysToExpiration":-1}"#
        );
        Ok(())
    }
}
