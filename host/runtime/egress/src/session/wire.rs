//! Where the attempts of a session go: over the network, or to a recording that answers as it was answered then. With a
//! recording nothing is dialled, and nothing is waited for.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header, request::Parts};
use http_body_util::Full;
use palisade_recording::{Recorded, Recorder, Replayer, Sent, Timings};
use secrecy::SecretString;

use crate::{Client, Credential, SendError, exchange};

/// Where the attempts of a session go.
#[derive(Debug, Clone)]
pub enum Wire {
    /// Over the network.
    Network(Client),
    /// Nowhere: a recording answers.
    Recording(Replayer),
}

/// One attempt, and within what it has to be done.
pub(super) struct Attempt<'a> {
    pub(super) parts: &'a Parts,
    pub(super) body: &'a Bytes,
    /// What is added when the request is sent. It is neither recorded nor logged.
    pub(super) credential: Option<&'a Credential>,
    /// From 1 on.
    pub(super) number: u64,
    /// What it is for; may be empty.
    pub(super) purpose: &'a str,
    pub(super) response_limit: u64,
    pub(super) whole: Duration,
}

impl Wire {
    /// The secrets with which connections are made, besides those of the grants.
    #[must_use]
    pub fn secrets(&self) -> &[SecretString] {
        match self {
            Self::Network(client) => client.secrets(),
            Self::Recording(_) => &[],
        }
    }

    /// Whether pauses have a purpose.
    pub(super) fn takes_time(&self) -> bool {
        matches!(self, Self::Network(_))
    }

    /// Makes the attempt, and takes note of it where there is a recorder.
    pub(super) async fn make(
        &self,
        attempt: Attempt<'_>,
        recorder: Option<&Recorder>,
    ) -> Result<Response<Bytes>, SendError> {
        let begun = Instant::now();
        let noted = recorder.map(|recorder| recorder.begin(attempt.sent()));
        let answer = match self {
            Self::Network(client) => {
                let request = attempt.request();
                exchange::exchange(&client.pool, request, attempt.response_limit, attempt.whole).await
            }
            Self::Recording(replayer) => attempt.replayed(replayer),
        };
        let result = answer.and_then(|answer| attempt.searchable(answer));
        match (noted, &result) {
            (Some(noted), Ok(response)) => noted.answered(response, &Timings::whole(begun.elapsed())),
            (Some(noted), Err(error)) => noted.failed(error.code(), &error.to_string(), begun.elapsed()),
            (None, _) => {}
        }
        result
    }
}

impl Attempt<'_> {
    /// The answer to a request with a credential, which it may repeat, must be one in which that can be found.
    fn searchable(&self, answer: Response<Bytes>) -> Result<Response<Bytes>, SendError> {
        let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        let compressed = !answer.headers().get_all(header::CONTENT_ENCODING).iter().all(plain);
        if compressed && self.credential.is_some() {
            let host = self.parts.uri.host().unwrap_or_default().to_owned();
            return Err(SendError::ResponseCompressed { host });
        }
        Ok(answer)
    }

    fn sent(&self) -> Sent<'_> {
        Sent {
            method: &self.parts.method,
            url: &self.parts.uri,
            headers: &self.parts.headers,
            credential_headers: self.credential.map(Credential::headers).unwrap_or_default(),
            body: self.body,
            attempt: self.number,
            purpose: self.purpose,
            at: SystemTime::now(),
        }
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.parts.method.clone();
        *request.uri_mut() = self.parts.uri.clone();
        *request.headers_mut() = self.parts.headers.clone();
        if let Some(credential) = self.credential {
            credential.put_into(request.headers_mut());
            *request.uri_mut() = credential.put_into_uri(&self.parts.uri);
        }
        request
    }

    fn replayed(&self, replayer: &Replayer) -> Result<Response<Bytes>, SendError> {
        let Parts { method, uri, headers, .. } = self.parts;
        match replayer.answer(method, uri, headers, self.body) {
            Ok(Recorded::Answered(response)) => Ok(response),
            Ok(Recorded::Failed(error)) => Err(SendError::recorded(&error)),
            Err(difference) => Err(SendError::NotRecorded(Box::new(difference))),
        }
    }
}
