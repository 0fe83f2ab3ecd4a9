//! What an action finds: objects, relations between them, and objects that are gone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Moment, Value};

/// Identifies an object by kind, subtype and value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// The class of the object, for example `Indicator`.
    pub kind: String,
    /// The type within the kind.
    pub subtype: String,
    /// The value as its source has it.
    pub value: String,
}

/// A named value of an object. Names can repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// The value with its type.
    #[serde(flatten)]
    pub value: Value,
}

/// A relation to another object, for example `on` an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// The name.
    pub name: String,
    /// The other object.
    pub to: Reference,
}

/// An object that an action found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundObject {
    /// The class of the object.
    pub kind: String,
    /// The type within the kind.
    pub subtype: String,
    /// The value as its source has it.
    pub value: String,
    /// The source's own identifier.
    pub id: Option<String>,
    /// The source's score.
    pub score: Option<f64>,
    /// The source's status by name.
    pub status: Option<String>,
    /// The source's description.
    pub description: Option<String>,
    /// Attributes in the order of the source.
    pub attributes: Vec<Attribute>,
    /// Tags by name.
    pub tags: Vec<String>,
    /// When the object expires.
    pub expires: Option<Moment>,
    /// Keys of the offered objects to which it belongs. Empty in a feed.
    pub about: Vec<u64>,
    /// Relations to other objects.
    pub relations: Vec<Relation>,
}

/// A part of what an action found. It is kept whole, with its cursor, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundBatch {
    /// Objects.
    pub found: Vec<FoundObject>,
    /// Objects that the source no longer has.
    pub gone: Vec<Reference>,
    /// Feeds only: the position up to which everything has been handed over.
    #[serde(skip)]
    pub cursor: Option<Vec<u8>>,
    /// Feeds only: whether everything that the source has was handed over since the run began without a cursor.
    pub complete: bool,
}
