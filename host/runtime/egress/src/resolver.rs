//! How names become addresses: the seam between the connector and whoever knows the answer. A resolver decides nothing;
//! what it says is judged by [`crate::address`] afterwards.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

/// One look-up under way.
pub type Resolving<'name> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'name>>;

/// Finds the addresses of a name. Asked once for each connection, and never for an address literal.
pub trait Resolve: fmt::Debug + Send + Sync + 'static {
    /// The addresses of `name`, in the order in which they should be dialled.
    ///
    /// # Errors
    /// Whatever the resolver says; it becomes the `cause` of [`crate::SendError::Unresolvable`].
    fn resolve<'name>(&'name self, name: &'name str) -> Resolving<'name>;
}

/// The operating system's resolver: `getaddrinfo` on a thread of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'name>(&'name self, name: &'name str) -> Resolving<'name> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
