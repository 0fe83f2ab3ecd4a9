//! The name in the simulator's certificate, and secrets that it makes up.

use simulator_parts::{Identity, StartError, random};

/// The name of the appliance.
pub const HOST: &str = "threatq.example";

/// Makes the authority and the certificate.
pub(crate) fn identity() -> Result<Identity, StartError> {
    Identity::new("ThreatQ simulator", &[HOST], true)
}

/// Random text that nobody guesses.
pub(crate) fn random_text() -> Result<String, StartError> {
    Ok(random::<20>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
