//! How a process of this machine is asked to end.

use std::{future::Future, io};

use tokio::signal::unix::{SignalKind, signal};

/// Completes with the first SIGTERM or SIGINT. The handlers are in place when this returns, so a
/// signal between the ready line and the first poll is not lost.
///
/// # Errors
/// When the operating system refuses a signal handler.
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
