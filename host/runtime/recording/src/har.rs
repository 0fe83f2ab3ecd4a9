//! The types of HTTP Archive 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), with our own fields, which begin
//! with `_` as the format demands.
//!
//! Writing gives every field that the format requires. Reading asks for what a replay needs and nothing further: a file
//! that was edited by hand, or that a browser wrote, may lack the rest and may hold more.

use serde::{Deserialize, Deserializer, Serialize};

use crate::Provenance;

/// The version of the format that is written.
pub const VERSION: &str = "1.2";

/// A whole file. `E` is one entry: [`Entry`], or one that is JSON text already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Har<E = Entry> {
    /// Everything.
    pub log: Log<E>,
}

/// What was recorded, and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log<E = Entry> {
    /// [`VERSION`].
    #[serde(default)]
    pub version: String,
    /// The program that wrote the file.
    #[serde(default)]
    pub creator: Creator,
    /// The browser, where one was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<Creator>,
    /// The run that was recorded, and whether all of it was.
    #[serde(default, rename = "_palisade", skip_serializing_if = "Option::is_none")]
    pub palisade: Option<Palisade>,
    /// Web pages. A run has none.
    #[serde(default)]
    pub pages: Vec<Page>,
    /// Attempts, in the order in which they were begun.
    pub entries: Vec<E>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A program and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Creator {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Our own field of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Palisade {
    /// The run.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Attempts that are not in the file, because it would have become too large.
    pub dropped_entries: u64,
}

/// A web page. Written by browsers; kept here for the format's sake.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// When loading began: ISO 8601.
    pub started_date_time: String,
    /// What entries refer to.
    pub id: String,
    /// Title.
    pub title: String,
    /// Milliseconds until the page was there.
    pub page_timings: serde_json::Value,
}

/// One attempt of one request, with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When the attempt was begun: ISO 8601 with milliseconds.
    #[serde(default)]
    pub started_date_time: String,
    /// Milliseconds: the sum of the timings.
    #[serde(default, deserialize_with = "or_default")]
    pub time: f64,
    /// What was sent.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// What a browser's cache knew: nothing, as there is none.
    #[serde(default)]
    pub cache: Cache,
    /// Where the time went.
    #[serde(default)]
    pub timings: Timings,
    /// The address that was dialled.
    #[serde(default, rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    pub server_ip_address: Option<String>,
    /// Which connection carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The how-manieth attempt of its request this is, from 1 on.
    #[serde(default, rename = "_attempt", skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// Why there is no answer; the status is 0 then.
    #[serde(default, rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Method.
    pub method: String,
    /// Absolute URL, without a fragment.
    pub url: String,
    /// For example `HTTP/1.1`; `unknown` where no connection was made.
    #[serde(default)]
    pub http_version: String,
    /// Left empty: what a `Cookie` header says is a credential.
    #[serde(default)]
    pub cookies: Vec<Pair>,
    /// Header fields.
    #[serde(default)]
    pub headers: Vec<Pair>,
    /// The parameters of the URL, decoded.
    #[serde(default)]
    pub query_string: Vec<Pair>,
    /// The body, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData>,
    /// Bytes of the header section; -1 where that is not known.
    #[serde(default = "unknown")]
    pub headers_size: i64,
    /// Bytes of the body; -1 where that is not known.
    #[serde(default = "unknown")]
    pub body_size: i64,
}

/// A name and a value: a header field, a cookie, a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostData {
    /// What `Content-Type` says.
    #[serde(default)]
    pub mime_type: String,
    /// The body as text.
    #[serde(default)]
    pub text: String,
    /// Parameters of a form. Left empty: the text says it all.
    #[serde(default)]
    pub params: Vec<serde_json::Value>,
    /// `base64` where the body is not UTF-8; the format itself knows this for answers only.
    #[serde(default, rename = "_encoding", skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Status; 0 where there is no answer.
    pub status: u16,
    /// The status in words.
    #[serde(default)]
    pub status_text: String,
    /// For example `HTTP/1.1`; `unknown` where there is no answer.
    #[serde(default)]
    pub http_version: String,
    /// Left empty: what a `Set-Cookie` header says is a credential.
    #[serde(default)]
    pub cookies: Vec<Pair>,
    /// Header fields.
    #[serde(default)]
    pub headers: Vec<Pair>,
    /// The body.
    #[serde(default)]
    pub content: Content,
    /// What `Location` says.
    #[serde(default, rename = "redirectURL")]
    pub redirect_url: String,
    /// Bytes of the header section; -1 where that is not known.
    #[serde(default = "unknown")]
    pub headers_size: i64,
    /// Bytes of the body; -1 where that is not known.
    #[serde(default = "unknown")]
    pub body_size: i64,
    /// Why there is no answer, where Chromium's developer tools write and show it.
    #[serde(default, rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The body of an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Content {
    /// Bytes of the body.
    pub size: i64,
    /// What `Content-Type` says.
    pub mime_type: String,
    /// The body as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` where the body is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Why the body is not in the file.
    #[serde(rename = "_omitted", skip_serializing_if = "Option::is_none")]
    pub omitted: Option<String>,
}

/// What a browser's cache knew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {}

/// Where the time went, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Sending the request.
    #[serde(deserialize_with = "or_default")]
    pub send: f64,
    /// Waiting for the head of the answer.
    #[serde(deserialize_with = "or_default")]
    pub wait: f64,
    /// Reading the answer.
    #[serde(deserialize_with = "or_default")]
    pub receive: f64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// Stable code.
    pub code: String,
    /// The sentence that the operator saw.
    #[serde(default)]
    pub message: String,
}

fn unknown() -> i64 {
    -1
}

/// Browsers write `null` for a time that they do not know.
fn or_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
