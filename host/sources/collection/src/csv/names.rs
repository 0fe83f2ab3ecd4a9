//! What columns of CSV files are called, and what that says about them.

use crate::guess::subtype;
use crate::type_name::{letters_and_digits, type_by_name};

/// Names of the column that holds the value, the surest first. Compared without regard to case, spaces and marks.
pub(super) const VALUE_NAMES: &[&str] = &[
    "value",
    "indicator_value",
    "ioc_value",
    "observable_value",
    "entity_value",
    "indicator",
    "ioc",
    "iocs",
    "indicators",
    "observable",
    "observables",
    "artifact",
    "artefact",
    "data",
    "wert",
    "indikator",
    "valeur",
    "indicateur",
    "valor",
    "indicador",
    "valore",
    "indicatore",
];
/// Names of the value where a column for the type is beside them: `Type,Summary`.
pub(super) const VALUE_NAMES_BESIDE_TYPE: &[&str] =
    &["summary", "entity", "observed_value", "match", "content", "pattern_value"];
/// What a message lists: the names of a column whose values are all of one type, and count where none of [`VALUE_NAMES`] is
/// there. Others that mean the same are understood as well.
pub(super) const TYPED_NAMES: &[&str] = &[
    "url",
    "domain",
    "fqdn",
    "hostname",
    "host",
    "ip",
    "ip_address",
    "hash",
    "sha256",
    "sha1",
    "md5",
    "email",
];
/// Names of the column that holds the type, the surest first.
pub(super) const TYPE_NAMES: &[&str] = &[
    "indicator_type",
    "ioc_type",
    "observable_type",
    "observable_types",
    "entity_type",
    "value_type",
    "data_type",
    "artifact_type",
    "type_of_indicator",
    "type_of_ioc",
    "ioc_kind",
    "type",
    "kind",
    "typ",
    "tipo",
];
pub(super) const STATUS_NAMES: &[&str] = &["status", "indicator_status"];
pub(super) const SCORE_NAMES: &[&str] = &["score", "threatq_score", "indicator_score"];
pub(super) const DESCRIPTION_NAMES: &[&str] = &[
    "description",
    "comment",
    "comments",
    "note",
    "notes",
    "kommentar",
    "beschreibung",
    "commentaire",
    "comentario",
];
pub(super) const TAG_NAMES: &[&str] = &["tags", "tag", "labels", "attribute_tag"];
pub(super) const ID_NAMES: &[&str] = &["id", "uuid", "platform_id"];

/// Columns that hold the type where another one holds the value: `Indicator,Data`.
pub(super) const TYPE_BESIDE_VALUE: &[&str] = &["indicator", "ioc", "observable", "artifact"];

/// Words in the names of columns that say where something was published and by whom, or hold hashes that are not those of
/// files: their values are not indicators that anybody forgot.
const CONTEXT: &[&str] = &[
    "ref",
    "source",
    "link",
    "report",
    "blog",
    "author",
    "owner",
    "vendor",
    "publish",
    "feed",
    "provider",
    "creat",
    "comment",
    "description",
    "note",
    "title",
    "tag",
    "meta",
    "uuid",
    "imphash",
    "vhash",
    "authentihash",
    "telfhash",
    "cert",
    "thumbprint",
    "fingerprint",
    "ja3",
    "serial",
    "richheader",
];

/// Types of columns that are named after what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// By a name that most lists use.
    Usual,
    /// By another one.
    Unusual,
}

/// Whether a column is named after a type, and how.
pub(super) fn named_after_type(name: &str) -> Option<Named> {
    let bare = letters_and_digits(name);
    if TYPED_NAMES.iter().any(|known| letters_and_digits(known) == bare) {
        return Some(Named::Usual);
    }
    // Files go by names that are no indicators, and so do networks and the parties of a mail; a source is who attacks or who
    // is attacked.
    let is_other = matches!(
        bare.as_str(),
        "file"
            | "files"
            | "filename"
            | "filenames"
            | "sample"
            | "network"
            | "networks"
            | "sender"
            | "senders"
            | "srcip"
            | "sourceip"
            | "mailfrom"
            | "emailfrom"
            | "senderaddress"
            | "senderemail"
            | "addr"
            | "mailto"
            | "emailsrc"
            | "ipsrc"
            | "link"
    );
    let is_type = type_by_name(name, "").is_some() || is_of_hashes(name);
    (is_type && !is_other).then_some(Named::Unusual)
}

/// Whether a column is named after a kind of hashes.
pub(super) fn is_of_hashes(name: &str) -> bool {
    let example = "0".repeat(32);
    type_by_name(name, &example).is_some_and(|kind| {
        matches!(kind, subtype::MD5 | subtype::SHA_1 | subtype::SHA_256 | subtype::SHA_384 | subtype::SHA_512)
    }) && type_by_name(name, "") != Some(subtype::FILENAME)
}

/// Whether the values of a column are context by its name.
pub(super) fn is_context(name: &str) -> bool {
    let lower = name.to_lowercase();
    CONTEXT.iter().any(|word| lower.contains(word))
}
