//! The product from end to end: the built binary and the built zip against a simulator over TLS. One module for each
//! behaviour.

mod blocklist;
