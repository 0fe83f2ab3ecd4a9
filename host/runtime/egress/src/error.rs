//! Why a request has no answer.

use std::time::Duration;

use palisade_model::Setting;
use palisade_recording::{ABANDONED, Difference, RecordedError};

use crate::retry::{self, Attempt};
use crate::{Denial, address};

/// What an attempt can come to without an answer, so that it stands in a recording: the codes of [`SendError`].
const RECORDED: &[&str] = &[
    "response-too-large",
    "response-headers-too-large",
    "response-compressed",
    "host-unresolvable",
    "address-refused",
    "connection-failed",
    "connection-timed-out",
    "proxy-unreachable",
    "proxy-credentials-refused",
    "proxy-refused",
    "tls-failed",
    "timed-out",
    "connection-lost",
];

/// Why a request has no answer. An answer with an error status is an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// No grant covers it.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The component set a header that belongs to the host.
    #[error("the component set the header `{0}`, which only the host may set")]
    HeaderOfHost(String),
    /// The component set a header that its manifest does not name.
    #[error("the component set the header `{0}`, which its manifest does not name for this request")]
    HeaderNotAllowed(String),
    /// A body where no server expects one.
    #[error("the component sent a body with a {method} request, which is not allowed")]
    BodyNotAllowed {
        /// The method.
        method: String,
    },
    /// Header section past the limit.
    #[error("the request's headers are larger than {limit} bytes or more than {fields} fields")]
    HeadersTooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Fields allowed.
        fields: u64,
    },
    /// Request body past the limit.
    #[error("the request body has {size} bytes, {limit} are allowed")]
    RequestTooLarge {
        /// Bytes asked for.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Response body past the limit.
    #[error("the answer of `{host}` is larger than {limit} bytes")]
    ResponseTooLarge {
        /// Who answered.
        host: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// Header section of an answer past the limit.
    #[error("the headers of `{host}`'s answer are larger than {limit} bytes or more than {fields} fields")]
    ResponseHeadersTooLarge {
        /// Who answered.
        host: String,
        /// Bytes allowed.
        limit: u64,
        /// Fields allowed.
        fields: u64,
    },
    /// An answer that may repeat the credential, in a form in which it cannot be found.
    #[error(
        "the answer of `{host}` is compressed, which was not asked for, so that it cannot be searched for the credential"
    )]
    ResponseCompressed {
        /// Who answered.
        host: String,
    },
    /// The component did not hand over the request body that it had begun.
    #[error("the component did not complete its request body: {cause}")]
    RequestIncomplete {
        /// What the sandbox said.
        cause: String,
    },
    /// Answers that were not read take up their memory.
    #[error(
        "the request was not sent: the component holds {held} bytes of answers unread, {limit} are allowed"
    )]
    AnswersNotRead {
        /// Bytes held.
        held: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Too many requests in this run.
    #[error("the run has used up its {limit} requests")]
    TooManyRequests {
        /// Requests allowed.
        limit: u64,
    },
    /// The name leads nowhere.
    #[error("the host name `{host}` cannot be resolved: {cause}")]
    Unresolvable {
        /// Name asked for.
        host: String,
        /// What the resolver said.
        cause: String,
    },
    /// The name leads to addresses that may not be dialled.
    #[error("`{host}` resolves to {addresses}, which may not be dialled: the address is {class}")]
    AddressRefused {
        /// Name asked for.
        host: String,
        /// All addresses that were refused.
        addresses: String,
        /// Class of the first.
        class: address::Refused,
    },
    /// No connection.
    #[error("cannot connect to `{host}`: {cause}")]
    Connect {
        /// Who was dialled.
        host: String,
        /// What the system said.
        cause: String,
    },
    /// No connection, for want of time: nothing has been sent.
    #[error("`{host}` did not {what} within {} s", limit.as_secs_f64())]
    ConnectTimedOut {
        /// Who was dialled.
        host: String,
        /// In what it was too slow.
        what: &'static str,
        /// Time allowed.
        limit: Duration,
    },
    /// No connection to the proxy, or no answer that makes sense: nothing has been sent.
    #[error("no connection through the proxy `{proxy}`: {cause}")]
    ProxyUnreachable {
        /// Host and port of the proxy.
        proxy: String,
        /// What went wrong.
        cause: String,
    },
    /// The proxy asks for a user and a password, or for others (status 407, of some proxies 401).
    #[error(
        "the proxy `{proxy}` {}",
        if *given { "refuses the user and password that it was given" } else { "asks for a user and a password" }
    )]
    ProxyCredentials {
        /// Host and port of the proxy.
        proxy: String,
        /// Whether it was given any.
        given: bool,
    },
    /// The proxy opens no tunnel.
    #[error("the proxy `{proxy}` does not connect to `{target}`: it answered with status {status}")]
    ProxyRefused {
        /// Host and port of the proxy.
        proxy: String,
        /// Host and port that it was asked for.
        target: String,
        /// Its answer.
        status: u16,
    },
    /// No TLS session.
    #[error("no TLS session with `{host}`: {cause}")]
    Tls {
        /// Who was dialled.
        host: String,
        /// What the TLS library said.
        cause: String,
    },
    /// The service that issues access tokens refuses the client.
    #[error("`{host}` did not issue an access token: it answered with status {status}")]
    TokenRefused {
        /// Who was asked.
        host: String,
        /// Its answer.
        status: u16,
    },
    /// What the service that issues access tokens answered is not a token.
    #[error("`{host}` did not issue an access token: {cause}")]
    TokenUnreadable {
        /// Who was asked.
        host: String,
        /// What is wrong.
        cause: String,
    },
    /// Too slow.
    #[error("`{host}` did not {what} within {} s", limit.as_secs_f64())]
    TimedOut {
        /// Who was too slow.
        host: String,
        /// In what.
        what: &'static str,
        /// Time allowed.
        limit: Duration,
    },
    /// The connection broke before the answer was complete.
    #[error("the connection to `{host}` was lost before the answer was complete: {cause}")]
    Lost {
        /// Who was connected.
        host: String,
        /// What the HTTP library said.
        cause: String,
    },
    /// The service has asked to be left alone for longer than the run may take, or the requests of a minute are used up at its end.
    #[error(
        "the request to `{host}` was not sent: it would have to wait {} s, which is past the run's deadline",
        wait.as_secs_f64()
    )]
    ThrottledPastDeadline {
        /// Who would have got it.
        host: String,
        /// How long it would have to wait.
        wait: Duration,
    },
    /// The run's deadline.
    #[error("the run's deadline has passed")]
    DeadlinePassed,
    /// The run is being stopped: nothing more is sent. It would have been the first attempt.
    #[error("the request was not sent: the run is ending")]
    RunEnding,
    /// It was sent, and the run ended before there was an answer.
    #[error("the run ended before `{host}` answered a request that was sent")]
    Abandoned {
        /// Who did not answer.
        host: String,
    },
    /// A replay: the recording has no answer to it.
    #[error("{0}")]
    NotRecorded(Box<Difference>),
    /// A replay: it had no answer when it was recorded either.
    #[error("{message}")]
    Recorded {
        /// The code of then.
        code: &'static str,
        /// The sentence of then.
        message: String,
    },
}

/// The setting that maps a host to an address.
fn mapping(host: &str) -> String {
    Setting::ConnectTo.with(format_args!("{host}:443:ADDRESS:PORT"))
}

impl SendError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "request-not-granted",
            Self::HeaderOfHost(_) => "header-of-host",
            Self::HeaderNotAllowed(_) => "header-not-allowed",
            Self::BodyNotAllowed { .. } => "request-body-not-allowed",
            Self::HeadersTooLarge { .. } => "request-headers-too-large",
            Self::RequestTooLarge { .. } => "request-too-large",
            Self::ResponseTooLarge { .. } => "response-too-large",
            Self::ResponseHeadersTooLarge { .. } => "response-headers-too-large",
            Self::ResponseCompressed { .. } => "response-compressed",
            Self::RequestIncomplete { .. } => "request-body-incomplete",
            Self::AnswersNotRead { .. } => "answers-not-read",
            Self::TooManyRequests { .. } => "too-many-requests",
            Self::Unresolvable { .. } => "host-unresolvable",
            Self::AddressRefused { .. } => "address-refused",
            Self::Connect { .. } => "connection-failed",
            Self::ConnectTimedOut { .. } => "connection-timed-out",
            Self::ProxyUnreachable { .. } => "proxy-unreachable",
            Self::ProxyCredentials { .. } => "proxy-credentials-refused",
            Self::ProxyRefused { .. } => "proxy-refused",
            Self::Tls { .. } => "tls-failed",
            Self::TokenRefused { .. } => "token-refused",
            Self::TokenUnreadable { .. } => "token-unreadable",
            Self::TimedOut { .. } => "timed-out",
            Self::Lost { .. } => "connection-lost",
            Self::ThrottledPastDeadline { .. } => "throttled-past-deadline",
            Self::DeadlinePassed => "deadline-passed",
            Self::RunEnding => "run-ending",
            Self::Abandoned { .. } => ABANDONED,
            Self::NotRecorded(difference) => difference.code(),
            Self::Recorded { code, .. } => code,
        }
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Denied(denial) => denial.would_be_granted_by().map(|lines| {
                format!("if the request is wanted, the bundle's manifest has to ask for it:\n{lines}")
            }),
            Self::HeaderNotAllowed(header) => {
                Some(format!("if the header is intended, the bundle's manifest must name it: headers: [{header}]"))
            }
            Self::Unresolvable { host, .. } => Some(format!(
                "check the region and the resolver, or map it with {}",
                mapping(host)
            )),
            Self::AddressRefused { host, .. } => {
                Some(format!(
                    "if this address is intended, name its network among the policy's private networks, or map it with {}",
                    mapping(host)
                ))
            }
            Self::ProxyUnreachable { .. } => {
                Some("check `HTTPS_PROXY` or the policy's proxy, and that the proxy is up".to_owned())
            }
            Self::ProxyCredentials { .. } => Some(
                "give them in `HTTPS_PROXY` as http://USER:PASSWORD@HOST:PORT or in the policy; only basic authentication is supported"
                    .to_owned(),
            ),
            Self::ProxyRefused { proxy, target, status } => Some(match status {
                403 | 405 => format!(
                    "ask the operator of `{proxy}` to allow CONNECT to `{target}`, or name the host in `NO_PROXY` if it is reached without"
                ),
                500..=599 => format!("`{proxy}` could not reach `{target}`: check the name, and the proxy's own way out"),
                _ => "check that it is a proxy for HTTPS (CONNECT)".to_owned(),
            }),
            Self::TokenRefused { .. } => {
                Some("check the id and the secret of the client, and what it may request".to_owned())
            }
            Self::TokenUnreadable { .. } => Some("check that the connection leads to the right service".to_owned()),
            Self::Tls { .. } => {
                Some(format!("if a proxy opens TLS, add its authority with {}", Setting::CaCertificate.with("FILE")))
            }
            Self::NotRecorded(difference) => difference.hint(),
            Self::ThrottledPastDeadline { .. } => Some(format!(
                "run again after that time; what has no verdict is safe to send again, and {} allows more",
                Setting::Deadline
            )),
            Self::Abandoned { .. } => Some(
                "the objects of these requests are reported as `outcome-unknown`: run again, entries that are already there are only updated"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// The component broke a rule, and the run ends without it.
    #[must_use]
    pub fn ends_run(&self) -> bool {
        matches!(
            self,
            Self::Denied(_)
                | Self::HeaderOfHost(_)
                | Self::HeaderNotAllowed(_)
                | Self::BodyNotAllowed { .. }
                | Self::NotRecorded(_)
        )
    }

    /// The run has used up its requests or its time: it ends, and the component may still report what it knows.
    #[must_use]
    pub fn stops_run(&self) -> bool {
        matches!(self, Self::TooManyRequests { .. } | Self::DeadlinePassed)
    }

    /// Nothing was sent, because the run ends or must not send for the rest of its time.
    pub(crate) fn is_of_the_end(&self) -> bool {
        matches!(
            self,
            Self::RunEnding
                | Self::DeadlinePassed
                | Self::TooManyRequests { .. }
                | Self::ThrottledPastDeadline { .. }
        )
    }

    /// It did not leave: nothing of it can have reached the service.
    pub(crate) fn did_not_leave(&self) -> bool {
        matches!(retry::read_error(self), Attempt::NotSent)
            || matches!(
                self,
                Self::AddressRefused { .. }
                    | Self::Tls { .. }
                    | Self::ProxyCredentials { .. }
                    | Self::ProxyRefused { .. }
            )
    }

    /// What a request came to that had `last` before and was not sent again because of `self`: what was known about it.
    pub(crate) fn or_what_was_known<T>(self, last: Option<Result<T, Self>>) -> Result<T, Self> {
        match last {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) if self.is_of_the_end() && !error.did_not_leave() => Err(error),
            _ => Err(self),
        }
    }

    /// What a recording has instead of an answer.
    pub(crate) fn recorded(error: &RecordedError) -> Self {
        let code = RECORDED.iter().copied().find(|code| *code == error.code).unwrap_or(ABANDONED);
        Self::Recorded { code, message: error.message.clone() }
    }
}

#[cfg(test)]
mod tests;
