//! The names in the simulator's certificate, and the key that it makes up where the settings name none.

use simulator_parts::{Identity, StartError, random};

/// The regional host names (API reference, section 2), that of Japan in both of its forms.
pub const HOSTS: [&str; 13] = [
    "api.xdr.trendmicro.com",
    "api.eu.xdr.trendmicro.com",
    "api.au.xdr.trendmicro.com",
    "api.sg.xdr.trendmicro.com",
    "api.xdr.trendmicro.co.jp",
    "api.jp.xdr.trendmicro.com",
    "api.in.xdr.trendmicro.com",
    "api.mea.xdr.trendmicro.com",
    "api.uk.xdr.trendmicro.com",
    "api.usgov.xdr.trendmicro.com",
    "api.ca.xdr.trendmicro.com",
    "api.za.xdr.trendmicro.com",
    "api.id.xdr.trendmicro.com",
];

/// Makes the authority and the certificate, which has these names, too.
pub(crate) fn identity(http2: bool, further_hosts: &[String]) -> Result<Identity, StartError> {
    let hosts: Vec<&str> = HOSTS.into_iter().chain(further_hosts.iter().map(String::as_str)).collect();
    Identity::new("Vision One simulator", &hosts, http2)
}

/// A random API key, in the shape of the real ones: three parts, separated by dots.
pub(crate) fn random_key() -> Result<String, StartError> {
    let mut key = String::new();
    for (index, byte) in random::<48>()?.iter().enumerate() {
        if matches!(index, 12 | 32) {
            key.push('.');
        }
        key.push_str(&format!("{byte:02x}"));
    }
    Ok(key)
}
