//! Which addresses may be dialled. Pure. An address that is not plainly public is refused: a name that a component may
//! ask for must not lead into the operator's network, whatever its resolver says.
//!
//! Which networks these are says `palisade-address`; IPv4 addresses inside IPv6 are judged as the IPv4 address that they
//! carry.

use std::net::IpAddr;

/// Why an address is refused: what its network is for.
pub use palisade_address::Class as Refused;

/// Judges one address.
///
/// # Errors
/// The class that makes it unfit.
pub fn check(address: IpAddr) -> Result<(), Refused> {
    palisade_address::special(address).map_or(Ok(()), |special| Err(special.class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_are_plainly_public_may_be_dialled() {
        for text in ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"] {
            assert_eq!(check(text.parse().unwrap()), Ok(()), "{text}");
        }
        for (text, class) in [
            ("127.0.0.1", Refused::Loopback),
            ("169.254.169.254", Refused::LinkLocal),
            ("::ffff:10.0.0.1", Refused::Private),
            ("64:ff9b::a00:1", Refused::Private),
            ("fd00:ec2::254", Refused::Metadata),
        ] {
            assert_eq!(check(text.parse().unwrap()), Err(class), "{text}");
        }
    }
}
