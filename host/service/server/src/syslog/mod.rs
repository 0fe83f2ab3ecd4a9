//! Forwards the audit log to a syslog receiver, line by line, in the order in which it was written. What was sent last is remembered
//! in the state: a receiver that is away gets what it missed, and after a crash at most the last lines come twice. Over UDP nobody
//! says whether a line has arrived. Denied by default: lines that were written before forwarding was first switched on.

mod message;
mod transport;

use std::time::Duration;

use palisade_limits as limits;
use palisade_store::{AuditFilter, Store, Wait as _};

pub use transport::{ParseTargetError, SyslogError, SyslogTarget};

use crate::App;
use crate::people::write_refusals;

/// Under which name the id of the line that was sent last is remembered, for each receiver.
fn place(target: &SyslogTarget) -> String {
    format!("syslog {target}")
}

/// Forwards until the service stops.
///
/// # Errors
/// Where the state cannot be read or written at the start.
pub async fn forward(app: App, target: SyslogTarget) -> Result<(), crate::Failure> {
    let name = place(&target);
    let known = name.clone();
    let mut sent = app
        .store(move |store| match store.setting(&known).wait()?.and_then(|text| text.parse().ok()) {
            Some(id) => Ok::<i64, crate::Failure>(id),
            None => {
                let last = store.last_audit().wait()?;
                store.remember(&known, &last.to_string()).wait()?;
                Ok(last)
            }
        })
        .await?;
    let mut forwarder = Forwarder { connection: target.disconnected(), host: message::host(), told: false };
    let pause = Duration::from_secs(limits::SYSLOG_POLL_SECONDS);
    loop {
        let stopped = tokio::select! {
            () = app.stopping() => true,
            () = tokio::time::sleep(pause) => false,
        };
        if stopped && write_refusals(&app).await.is_err() {
            tracing::warn!("refusals are missing in the audit log");
        }
        sent = forwarder.catch_up(&app, &name, sent).await;
        if stopped {
            return Ok(());
        }
    }
}

struct Forwarder {
    connection: transport::Connection,
    host: String,
    /// Whether the log says already that the receiver is away.
    told: bool,
}

impl Forwarder {
    /// Sends what is new; the id of the line that was sent last.
    async fn catch_up(&mut self, app: &App, name: &str, mut sent: i64) -> i64 {
        loop {
            let after = sent;
            let read = move |store: &dyn Store| {
                store.audit_after(&AuditFilter::default(), after, limits::SYSLOG_LINES_AT_ONCE).wait()
            };
            let entries = match app.store(read).await {
                Ok(entries) if entries.is_empty() => return sent,
                Ok(entries) => entries,
                Err(error) => {
                    tracing::error!(code = error.code(), "the audit log cannot be read for syslog: {error}");
                    return sent;
                }
            };
            let mut failed = None;
            for entry in &entries {
                match self.connection.send(&message::of(entry, &self.host)).await {
                    Ok(()) => sent = entry.id,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            if sent != after {
                let (name, value) = (name.to_owned(), sent.to_string());
                if let Err(error) = app.store(move |store| store.remember(&name, &value).wait()).await {
                    tracing::error!(
                        code = error.code(),
                        "what was sent to syslog is not remembered: {error}"
                    );
                }
            }
            match failed {
                Some(error) => {
                    if !self.told {
                        let hint = "lines wait in the audit log until the receiver is back";
                        tracing::error!(
                            code = error.code(),
                            hint,
                            "the audit log cannot be forwarded: {error}"
                        );
                    }
                    self.told = true;
                    return sent;
                }
                None if self.told => {
                    tracing::info!("the audit log is forwarded again");
                    self.told = false;
                }
                None => {}
            }
        }
    }
}
