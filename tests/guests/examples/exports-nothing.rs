//! A component without an action: it exports nothing at all.
