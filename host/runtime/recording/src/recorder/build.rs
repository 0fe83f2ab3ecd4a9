//! One attempt as an entry of HTTP Archive. Denies by default: headers that carry credentials lose their values unseen,
//! a body that is compressed cannot be searched for secrets and is left out, and at last every text of the entry is
//! redacted, whatever field it stands in.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri, Version, header};
use serde_json::value::RawValue;

use super::{Sent, Timings};
use palisade_redaction::{REDACTED, Redactor};

use crate::{body, har, moment};

/// Headers whose values are credentials, whoever sends them.
const CREDENTIALS: &[HeaderName] =
    &[header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION, header::SET_COOKIE];

/// What stands for a media type or a version that is not known, as in the recordings of browsers.
const UNKNOWN: &str = "unknown";
const UNKNOWN_MEDIA_TYPE: &str = "x-unknown";

/// An attempt whose end is not known yet. Headers that carry credentials have no value any more.
#[derive(Debug)]
pub(super) struct Pending {
    place: u64,
    method: Method,
    url: Uri,
    headers: Vec<har::Pair>,
    media_type: String,
    body: Bytes,
    attempt: u64,
    purpose: String,
    at: SystemTime,
}

impl Pending {
    pub(super) fn of(sent: Sent<'_>, place: u64) -> Self {
        let mut headers = pairs(sent.headers, sent.credential_headers);
        for name in sent.credential_headers.iter().filter(|name| !sent.headers.contains_key(*name)) {
            headers.push(har::Pair { name: name.to_string(), value: REDACTED.to_owned() });
        }
        Self {
            place,
            method: sent.method.clone(),
            url: sent.url.clone(),
            headers,
            media_type: media_type(sent.headers),
            body: sent.body.clone(),
            attempt: sent.attempt,
            purpose: sent.purpose.to_owned(),
            at: sent.at,
        }
    }

    /// Its place among all attempts.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// When it was begun.
    pub(super) fn at(&self) -> SystemTime {
        self.at
    }
}

/// What became of an attempt.
pub(super) enum End<'a> {
    Answered(&'a Response<Bytes>),
    Failed { code: &'a str, message: &'a str },
}

/// The entry as JSON, without any secret that `redactor` knows. `None` only where there is no JSON of it.
pub(super) fn entry(
    pending: &Pending,
    end: &End<'_>,
    timings: &Timings,
    redactor: &Redactor,
) -> Option<Box<RawValue>> {
    let version = match end {
        End::Answered(response) => version(response.version()),
        End::Failed { .. } => UNKNOWN,
    };
    let (response, error) = match end {
        End::Answered(answer) => (response(answer, redactor), None),
        End::Failed { code, message } => {
            let error = har::Error { code: (*code).to_owned(), message: (*message).to_owned() };
            (no_response(message), Some(error))
        }
    };
    let entry = har::Entry {
        started_date_time: moment::iso_8601(pending.at),
        time: milliseconds(timings.send + timings.wait + timings.receive),
        request: request(pending, version, redactor),
        response,
        cache: har::Cache {},
        timings: har::Timings {
            send: milliseconds(timings.send),
            wait: milliseconds(timings.wait),
            receive: milliseconds(timings.receive),
        },
        server_ip_address: timings.server.map(|address| address.to_string()),
        connection: timings.connection.clone(),
        comment: Some(pending.purpose.clone()).filter(|purpose| !purpose.is_empty()),
        attempt: Some(pending.attempt),
        error,
    };
    let mut value = serde_json::to_value(&entry).ok()?;
    redactor.value(&mut value);
    serde_json::value::to_raw_value(&value).ok()
}

fn request(pending: &Pending, version: &str, redactor: &Redactor) -> har::Request {
    // Before it is decoded: a plus sign in it would become a space.
    let url = redactor.text(&pending.url.to_string()).into_owned();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query_string = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| har::Pair { name: name.into_owned(), value: value.into_owned() })
        .collect();
    let (body_size, text, encoding) = body_text(&pending.body, redactor);
    let post_data = (body_size > 0).then(|| har::PostData {
        mime_type: pending.media_type.clone(),
        text,
        params: Vec::new(),
        encoding,
    });
    har::Request {
        method: pending.method.to_string(),
        url,
        http_version: version.to_owned(),
        cookies: Vec::new(),
        headers: pending.headers.clone(),
        query_string,
        post_data,
        headers_size: -1,
        body_size,
    }
}

fn response(response: &Response<Bytes>, redactor: &Redactor) -> har::Response {
    let headers = response.headers();
    let (size, text, encoding) = body_text(response.body(), redactor);
    let mut content = har::Content { size, mime_type: media_type(headers), ..har::Content::default() };
    let compressed = |value: &HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity");
    match headers.get(header::CONTENT_ENCODING).filter(|value| compressed(value)) {
        Some(coding) if size > 0 => {
            let coding = lossy(coding);
            content.omitted =
                Some(format!("compressed ({coding}), so that it cannot be searched for secrets"));
        }
        _ => (content.text, content.encoding) = (Some(text), encoding),
    }
    har::Response {
        status: response.status().as_u16(),
        status_text: response.status().canonical_reason().unwrap_or_default().to_owned(),
        http_version: version(response.version()).to_owned(),
        cookies: Vec::new(),
        headers: pairs(headers, &[]),
        content,
        redirect_url: headers.get(header::LOCATION).map(lossy).unwrap_or_default(),
        headers_size: -1,
        body_size: size,
        error: None,
    }
}

/// What browsers write where there is no answer.
fn no_response(message: &str) -> har::Response {
    har::Response {
        status: 0,
        status_text: String::new(),
        http_version: UNKNOWN.to_owned(),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: har::Content { mime_type: UNKNOWN_MEDIA_TYPE.to_owned(), ..har::Content::default() },
        redirect_url: String::new(),
        headers_size: -1,
        body_size: -1,
        error: Some(message.to_owned()),
    }
}

/// Size, text and encoding of a body. Redacted before it is encoded: Base64 hides what it holds.
fn body_text(bytes: &[u8], redactor: &Redactor) -> (i64, String, Option<String>) {
    let redacted = redactor.redacted(bytes);
    let bytes = redacted.as_deref().unwrap_or(bytes);
    let (text, encoding) = body::encode(bytes);
    (i64::try_from(bytes.len()).unwrap_or(i64::MAX), text, encoding)
}

fn pairs(headers: &HeaderMap, credentials: &[HeaderName]) -> Vec<har::Pair> {
    let value = |name: &HeaderName, value: &HeaderValue| {
        if value.is_sensitive() || credentials.contains(name) || CREDENTIALS.contains(name) {
            REDACTED.to_owned()
        } else {
            lossy(value)
        }
    };
    headers
        .iter()
        .map(|(name, content)| har::Pair { name: name.to_string(), value: value(name, content) })
        .collect()
}

fn media_type(headers: &HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).map_or_else(|| UNKNOWN_MEDIA_TYPE.to_owned(), lossy)
}

/// JSON holds text only: what is not UTF-8 in a header becomes U+FFFD.
fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => UNKNOWN,
    }
}

/// To the microsecond: what is finer is noise.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
