//! Who may do what, and what every answer says to the browser. Denied by default: everything that a route does not name a
//! role for, every request that another site may have caused, every host name that is not ours.

pub(crate) mod cookies;
pub(crate) mod forgery;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod opaque;
pub(crate) mod password;
mod role;
pub(crate) mod session;
pub(crate) mod throttle;
pub(crate) mod who;

pub use role::{Role, UnknownRole};
pub use who::{Administrator, Anybody, Operator, Viewer, Who};
