//! Why a simulator could not start.

use std::net::SocketAddr;

/// Why a simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is not one of this machine alone.
    #[error("the address `{0}` is not a loopback address, and the simulator listens on no other")]
    NotLoopback(SocketAddr),
    /// An address could not be bound.
    #[error("the address `{address}` could not be bound: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a secret")]
    Random,
}

impl StartError {
    /// A stable name of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => "address-not-loopback",
            Self::Bind { .. } => "address-not-bound",
            Self::Certificate(_) => "certificate-not-made",
            Self::Tls(_) => "tls-not-set-up",
            Self::Random => "no-random-bytes",
        }
    }
}
