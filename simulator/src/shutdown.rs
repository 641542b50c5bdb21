//! Shutdown signals of the process.

use std::{future::Future, io};

use tokio::signal::unix::{SignalKind, signal};

/// Returns a future that completes with the first SIGTERM or SIGINT. The handlers are installed when this
/// function returns, so a signal between the ready line and the first poll is not lost.
///
/// # Errors
/// Fails when the operating system rejects a signal handler.
pub fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
