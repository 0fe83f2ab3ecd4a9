//! What the operator's policy says must never be blocked: plain data, judged only when a
//! [`Protection`](crate::Protection) is made of it.

use ipnet::IpNet;

/// The operator's own values. By default nothing is the operator's own, and what belongs to nobody is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Domains, each with everything below it, in any spelling: `example.com`, `*.Example.com.`, `bücher.example`.
    pub domains: Vec<String>,
    /// Networks; a value is caught if it has an address in common with one.
    pub networks: Vec<IpNet>,
    /// Values of any type, compared as a whole, letters of any case.
    pub values: Vec<String>,
    /// Whether private and reserved addresses are protected (IANA's special-purpose registries).
    pub private_addresses: bool,
    /// Whether names for special use are protected (RFC 6761 and its like: `localhost`, `.local`, `.test`), but those of
    /// examples. `.onion` is none of them: what stands below it is reached, and reported as an indicator.
    pub special_use_names: bool,
    /// Whether names set aside for examples are protected (`.example`, `example.com` and their like). By default they are
    /// not: they never lead anywhere, and an entry for one does no harm.
    pub example_names: bool,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            domains: Vec::new(),
            networks: Vec::new(),
            values: Vec::new(),
            private_addresses: true,
            special_use_names: true,
            example_names: false,
        }
    }
}
