//! An operation under way. It goes on until it is over or comes to a halt at its gate; meanwhile nothing else does.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::gate::{Gate, Halt};

/// How long an operation may take before something is wrong with it. It tries a failing store a few times, with
/// pauses of up to a second.
const HANGS: Duration = Duration::from_secs(60);

/// In which process an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// One that answers a client.
    Ingest,
    /// One that works on a run.
    Worker,
    /// One that looks for what nobody moved.
    Sweep,
}

impl Process {
    /// Whether it is still there after standing still for so many seconds. A worker may be stopped for however
    /// long; the others give up on their own.
    pub(crate) fn survives(self, seconds: u64) -> bool {
        match self {
            Self::Ingest => seconds < 3,
            Self::Worker => true,
            Self::Sweep => seconds < 60,
        }
    }
}

/// An operation under way.
pub(crate) struct Operation {
    /// In which process it is.
    pub process: Process,
    /// What its requests go through.
    pub gate: Arc<Gate>,
    /// All of it, up to telling the ledger what came of it.
    pub doing: Pin<Box<dyn Future<Output = ()>>>,
}

/// What an operation is after it went on.
pub(crate) enum Gone {
    /// Over.
    Over,
    /// Standing still.
    Stopped(Operation),
    /// Dead.
    Dead,
    /// Waiting for something that does not come.
    Hanging(String),
}

impl Operation {
    /// Lets it go on.
    pub(crate) async fn go(mut self) -> Gone {
        let gate = Arc::clone(&self.gate);
        let halt = async {
            tokio::select! {
                biased;
                () = &mut self.doing => None,
                halt = gate.halt() => Some(halt),
            }
        };
        match timeout(HANGS, halt).await {
            Ok(None) => Gone::Over,
            Ok(Some(Halt::Stopped)) => Gone::Stopped(self),
            Ok(Some(Halt::Dead)) => Gone::Dead,
            Err(_) => Gone::Hanging(gate.name.clone()),
        }
    }
}
