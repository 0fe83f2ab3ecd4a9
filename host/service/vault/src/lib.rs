//! Secrets, sealed at rest: XChaCha20-Poly1305 under a key that is not kept beside them.
//!
//! Each secret is sealed under a label, which says what it is for: bytes that are moved under another label do not open. A
//! nonce is random, so that two seals of one secret tell nobody that they are one. Whoever has the state without the key has
//! nothing; whoever has lost the key has nothing either, and enters the secrets again.
//!
//! Nothing here shows a key or a secret, and no key is made where something is sealed already.

mod error;
mod key;
mod key_file;
mod locate;
mod vault;

#[cfg(test)]
mod tests;

pub use error::VaultError;
pub use key::Key;
pub use locate::{KEY_CREDENTIAL, KEY_FILE, KEY_VARIABLE, KeyPlaces, Located, Origin};
pub use vault::{Sealed, Vault};
