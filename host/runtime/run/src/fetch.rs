//! Downloads the files that an action has returned, after its instance has ended: without a credential, from hosts that the action may
//! reach, within a limit of size. A file is kept only if it is what the service stated. What has been downloaded survives the end of the
//! process, and the rest is asked for where the server supports that.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Uri, header};
use palisade_egress::{Client, Download, Grant, Origin, PathRule, SendError, Wire};
use palisade_engine::{Early, Ended};
use palisade_limits as limits;
use palisade_model::{Artefact, Moment};
use tokio::time::Instant;

use crate::activation::{Activation, passed};
use crate::artefacts::{ArtefactDirectory, Part};
use crate::fetching::{Fetched, FileAsked};
use crate::prepare::Prepared;

/// The port of a link.
const HTTPS: u16 = 443;

/// Why one attempt did not bring the whole file.
enum Attempt {
    /// It may succeed later.
    Again(String),
    /// What was there was continued with something else.
    FromTheStart,
    /// That is how it ends.
    Ends(Fetched),
}

impl From<io::Error> for Attempt {
    fn from(error: io::Error) -> Self {
        Self::Ends(Fetched::Failed("artefact-not-written", format!("the file cannot be written: {error}")))
    }
}

impl Prepared {
    /// Downloads what the last activation has returned. Ends the run if what became of it cannot be kept.
    pub(crate) async fn fetch(&self, ended: &mut Ended, activation: &Activation<'_>) {
        while matches!(ended, Ended::Completed) {
            let Some((key, file)) = activation.books().ledger.next_file() else { return };
            let Some(artefacts) = &self.artefacts else {
                if activation.books().are_kept() {
                    // Another process can be given a directory.
                    return;
                }
                let message = "the action returned a file, and there is no directory for it".to_owned();
                self.take(ended, activation, key, Fetched::Failed("no-artefact-directory", message));
                continue;
            };
            let Wire::Network(client) = &self.wire else {
                let message = "a replay downloads no files".to_owned();
                self.take(ended, activation, key, Fetched::Failed("not-replayed", message));
                continue;
            };
            let fetched = tokio::select! {
                fetched = self.download(client, artefacts, key, file, activation) => fetched,
                () = activation.stopping.asked() => return,
                () = passed(activation.until) => return,
            };
            self.take(ended, activation, key, fetched);
        }
    }

    fn take(&self, ended: &mut Ended, activation: &Activation<'_>, key: u64, fetched: Fetched) {
        let mut books = activation.books();
        books.ledger.take_file(key, fetched, Moment::now());
        if let Err(error) = books.keep_changed() {
            *ended = Ended::Early(Early::NotKept(error.to_string()));
        }
    }

    /// Downloads one file, with as many attempts as it takes.
    async fn download(
        &self,
        client: &Client,
        artefacts: &ArtefactDirectory,
        key: u64,
        mut file: FileAsked,
        activation: &Activation<'_>,
    ) -> Fetched {
        let url = match self.allowed(&file) {
            Ok(url) => url,
            Err(fetched) => return fetched,
        };
        // An object can have several files, each with a name of its own.
        let name = format!("{}-{key}-{:08x}", self.run_id, crc32fast::hash(file.name.as_bytes()));
        let (mut failures, mut continues) = (0, true);
        loop {
            // What cannot be recognised afterwards is not continued.
            let keep = continues && (file.entity_tag.is_some() || !file.digests.is_empty());
            let begun = match artefacts.part(&name, keep) {
                Ok(part) => part,
                Err(error) => match Attempt::from(error) {
                    Attempt::Ends(fetched) => return fetched,
                    _ => continue,
                },
            };
            let before = begun.size();
            let note = |tag: Option<String>| activation.books().note_entity_tag(key, tag);
            let limit = self.declared.most_bytes(&file.media_type).unwrap_or_default();
            match attempt(client, &url, &mut file, begun, limit, note).await {
                Ok(part) => match keep_file(artefacts, &file, part) {
                    Ok(artefact) => return Fetched::Complete(Box::new(artefact)),
                    Err(Attempt::FromTheStart) if before > 0 => continues = false,
                    Err(Attempt::FromTheStart) => return differs(&file),
                    Err(Attempt::Ends(fetched)) => return fetched,
                    Err(Attempt::Again(_)) => {}
                },
                Err(Attempt::Ends(fetched)) => return fetched,
                Err(Attempt::FromTheStart) if before > 0 => continues = false,
                Err(Attempt::FromTheStart) => {
                    // It is not what the service stated; that it cannot be removed changes nothing.
                    let _ = artefacts.part(&name, false).and_then(Part::remove);
                    return differs(&file);
                }
                Err(Attempt::Again(cause)) => {
                    continues = true;
                    // An attempt that brought something does not count.
                    let progressed = artefacts.part(&name, true).is_ok_and(|part| part.size() > before);
                    failures = if progressed { 0 } else { failures + 1 };
                    if failures >= limits::TRANSPORT_ATTEMPTS {
                        return Fetched::Failed("download-failed", cause);
                    }
                    let pause = limits::BACKOFF_FIRST_MILLISECONDS << failures.min(8);
                    tokio::time::sleep_until(Instant::now() + Duration::from_millis(pause)).await;
                }
            }
        }
    }

    /// The link as an address that the action may reach.
    fn allowed(&self, file: &FileAsked) -> Result<Uri, Fetched> {
        let refuse = |why: String| Fetched::Failed("download-not-granted", why);
        let url: Uri = file.url.parse().map_err(|_| refuse("the link is not a valid address".to_owned()))?;
        let host = url.host().unwrap_or_default().to_owned();
        if url.scheme_str() != Some("https") {
            return Err(refuse(format!("the link to `{host}` does not use https")));
        }
        let origin = Origin::of(&url).ok_or_else(|| refuse(format!("`{host}` is not a plain host name")))?;
        let is_granted = self.grants.iter().any(|grant| grant.origin == origin);
        if !is_granted && !self.is_link(&url, &origin) {
            return Err(refuse(format!(
                "the link leads to `{host}`, to which links of the action may not lead"
            )));
        }
        if file.expires.is_some_and(|expires| expires <= Moment::now()) {
            return Err(Fetched::LinkRefused(format!("the link to `{host}` has expired")));
        }
        Ok(url)
    }
}

impl Prepared {
    /// Whether the manifest declares that links lead there. A policy that names what may be requested must name it too.
    fn is_link(&self, url: &Uri, origin: &Origin) -> bool {
        if origin.port() != HTTPS || !self.declared.leads_to(origin.host()) {
            return false;
        }
        if self.policy.egress().is_none() {
            return true;
        }
        let asked = Grant {
            origin: origin.clone(),
            methods: vec![Method::GET],
            paths: vec![PathRule::parse("/*")],
            headers: Vec::new(),
            credential: None,
            changes: false,
            idempotent: true,
            reason: String::new(),
        };
        let granted = self.policy.grant(&self.bundle.manifest().id, &[asked]);
        granted.iter().any(|grant| grant.covers(&Method::GET, url))
    }
}

/// Asks for what is not there yet.
async fn attempt(
    client: &Client,
    url: &Uri,
    file: &mut FileAsked,
    mut part: Part,
    limit: u64,
    note: impl Fn(Option<String>) -> io::Result<()>,
) -> Result<Part, Attempt> {
    let host = url.host().unwrap_or_default();
    let too_large = || {
        let message = format!("the file has more than {limit} bytes");
        Attempt::Ends(Fetched::Failed("download-too-large", message))
    };
    if file.size.is_some_and(|size| size > limit) {
        return Err(too_large());
    }
    if file.size == Some(part.size()) {
        return Ok(part);
    }
    let validator = file.entity_tag.as_deref().and_then(|tag| tag.parse().ok());
    let again = |error: SendError| Attempt::Again(error.to_string());
    let mut answer = client.download(url, part.size(), validator.as_ref()).await.map_err(again)?;
    match answer.status {
        StatusCode::OK => part.clear()?,
        StatusCode::PARTIAL_CONTENT if begins_at(&answer.headers) == Some(part.size()) => {}
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => return Err(Attempt::FromTheStart),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
            let message = format!("`{host}` answered the link with status {}", answer.status.as_u16());
            return Err(Attempt::Ends(Fetched::LinkRefused(message)));
        }
        status => {
            let message = format!("`{host}` answered the link with status {}", status.as_u16());
            let is_temporary = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if is_temporary {
                Attempt::Again(message)
            } else {
                Attempt::Ends(Fetched::Failed("download-failed", message))
            });
        }
    }
    let tag = entity_tag(&answer.headers);
    if answer.status == StatusCode::OK && tag != file.entity_tag {
        file.entity_tag.clone_from(&tag);
        note(tag)?;
    }
    read(&mut answer, &mut part, file.size.unwrap_or(limit).min(limit)).await.map_err(
        |error| match error {
            Read::TooLarge if file.size.is_some() => Attempt::FromTheStart,
            Read::TooLarge => too_large(),
            Read::Lost(error) => again(error),
            Read::NotWritten(error) => error.into(),
        },
    )?;
    Ok(part)
}

/// Why a body was not read to its end.
enum Read {
    TooLarge,
    Lost(SendError),
    NotWritten(io::Error),
}

async fn read(answer: &mut Download, part: &mut Part, limit: u64) -> Result<(), Read> {
    while let Some(piece) = answer.next().await.map_err(Read::Lost)? {
        if part.size().saturating_add(piece.len() as u64) > limit {
            return Err(Read::TooLarge);
        }
        part.write(&piece).map_err(Read::NotWritten)?;
    }
    Ok(())
}

/// Compares a complete file with what the service stated, and keeps it. A file that differs is removed.
fn keep_file(artefacts: &ArtefactDirectory, file: &FileAsked, part: Part) -> Result<Artefact, Attempt> {
    let size = part.size();
    let mut verified = Vec::new();
    let mut is_right = file.size.is_none_or(|stated| stated == size);
    for (algorithm, stated) in &file.digests {
        if let Some(found) = part.digest(algorithm) {
            is_right &= found.eq_ignore_ascii_case(stated.trim());
            verified.push(algorithm.clone());
        }
    }
    if !is_right {
        part.remove()?;
        return Err(Attempt::FromTheStart);
    }
    let (sha256, path): (String, PathBuf) = artefacts.keep(part, file.password.as_deref())?;
    Ok(Artefact {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size,
        sha256,
        file: path.display().to_string(),
        verified,
        has_password: file.password.is_some(),
    })
}

/// The verdict on a file that is not what the service stated.
fn differs(file: &FileAsked) -> Fetched {
    let message =
        format!("`{}` has another size or digest than the service stated; it was not kept", file.name);
    Fetched::Failed("artefact-differs", message)
}

/// The first byte of a partial answer.
fn begins_at(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

/// An entity tag that identifies the content byte for byte.
fn entity_tag(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(header::ETAG)?.to_str().ok()?;
    (!tag.starts_with("W/")).then(|| tag.to_owned())
}
