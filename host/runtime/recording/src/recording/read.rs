//! From the bytes of a file to exchanges.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use palisade_limits as limits;
use serde_json::error::Category;

use super::{ReadError, Recording};
use crate::exchange::{Asked, Exchange, Recorded, RecordedError};
use crate::{body, har};

/// What a browser does not say when it has no answer.
const NO_ANSWER: &str = "connection-lost";

pub(super) fn recording(bytes: &[u8], name: &str) -> Result<Recording, ReadError> {
    bounded(name, bytes.len(), limits::RECORDING_READ_BYTES, "bytes")?;
    let har = parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), name)?;
    bounded(name, har.log.entries.len(), limits::RECORDING_ENTRIES, "entries")?;
    let (provenance, dropped) = match har.log.palisade {
        Some(palisade) => (Some(palisade.provenance), palisade.dropped_entries),
        None => (None, 0),
    };
    let read = |(index, entry)| {
        exchange(entry).map_err(|fault| ReadError::Value {
            name: name.to_owned(),
            path: format!("log.entries[{index}].{}", fault.path),
            cause: fault.cause,
        })
    };
    let exchanges = har.log.entries.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
    Ok(Recording { name: name.to_owned(), exchanges, provenance, dropped })
}

fn bounded(name: &str, size: usize, limit: u64, unit: &'static str) -> Result<(), ReadError> {
    let size = size as u64;
    if size > limit { Err(ReadError::TooLarge { name: name.to_owned(), size, limit, unit }) } else { Ok(()) }
}

fn parse(bytes: &[u8], name: &str) -> Result<har::Har, ReadError> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let har = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let path = error.path().to_string();
        fault(error.inner(), &path, name)
    })?;
    parser.end().map_err(|error| fault(&error, "", name))?;
    Ok(har)
}

fn fault(error: &serde_json::Error, path: &str, name: &str) -> ReadError {
    let (name, line, column) = (name.to_owned(), error.line(), error.column());
    let text = error.to_string();
    let cause = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).to_owned();
    match error.classify() {
        Category::Data => ReadError::Form { name, path: path.to_owned(), line, column, cause },
        Category::Io | Category::Syntax | Category::Eof => ReadError::Syntax { name, line, column, cause },
    }
}

/// What is wrong in an entry, and where in it.
struct Fault {
    path: String,
    cause: String,
}

fn at(path: impl Into<String>) -> impl FnOnce(String) -> Fault {
    let path = path.into();
    move |cause| Fault { path, cause }
}

fn exchange(entry: har::Entry) -> Result<Exchange, Fault> {
    let request = request(entry.request)?;
    let outcome = match (entry.error, entry.response.status) {
        (Some(error), _) => Ok(Recorded::Failed(RecordedError { code: error.code, message: error.message })),
        (None, 0) => {
            let message = entry.response.error.filter(|message| !message.is_empty());
            let message = message.unwrap_or_else(|| "no answer was recorded".to_owned());
            Ok(Recorded::Failed(RecordedError { code: NO_ANSWER.to_owned(), message }))
        }
        (None, _) => match entry.response.content.omitted.clone() {
            Some(reason) => Err(reason),
            None => Ok(Recorded::Answered(response(entry.response)?)),
        },
    };
    Ok(Exchange { request, outcome })
}

fn request(request: har::Request) -> Result<Asked, Fault> {
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| at("request.method")(format!("`{}` is not a method", request.method)))?;
    let not_absolute = || format!("`{}` is not an absolute URL", request.url);
    // A fragment, which a browser may write, is dropped by the parser: no request carries one.
    let url: Uri = request.url.parse().map_err(|_| at("request.url")(not_absolute()))?;
    if url.scheme().is_none() || url.host().is_none_or(str::is_empty) {
        return Err(at("request.url")(not_absolute()));
    }
    let headers = headers(request.headers, "request.headers")?;
    let body = match request.post_data {
        None => Bytes::new(),
        Some(post) => {
            body::decode(post.text, post.encoding.as_deref()).map_err(at("request.postData.text"))?
        }
    };
    Ok(Asked::new(&method, &url, &headers, &body))
}

fn response(response: har::Response) -> Result<Response<Bytes>, Fault> {
    let status = StatusCode::from_u16(response.status)
        .map_err(|_| at("response.status")(format!("`{}` is not a status", response.status)))?;
    let text = response.content.text.unwrap_or_default();
    let body =
        body::decode(text, response.content.encoding.as_deref()).map_err(at("response.content.text"))?;
    let mut headers = headers(response.headers, "response.headers")?;
    // The body in the file is whole and as it reads, whatever it was when it came.
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::TRANSFER_ENCODING);
    if headers.contains_key(header::CONTENT_LENGTH) {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

fn headers(pairs: Vec<har::Pair>, place: &str) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    // Browsers list what HTTP/2 sends instead of a request line among the headers.
    for (index, pair) in pairs.into_iter().enumerate().filter(|(_, pair)| !pair.name.starts_with(':')) {
        let path = |field: &str| format!("{place}[{index}].{field}");
        let name: HeaderName = pair
            .name
            .parse()
            .map_err(|_| at(path("name"))(format!("`{}` is not a header name", pair.name.escape_debug())))?;
        let value = HeaderValue::from_bytes(pair.value.trim().as_bytes()).map_err(|_| {
            at(path("value"))("a line break or another control character cannot stand in a header".to_owned())
        })?;
        if headers.try_append(name, value).is_err() {
            return Err(at(place)("there are more headers than any answer can have".to_owned()));
        }
    }
    Ok(headers)
}
