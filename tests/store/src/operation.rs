//! Operation under way. It executes until it finishes or is interrupted; no other operation executes meanwhile.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::fault_injector::{FaultInjector, Interruption};

/// Real time after which an operation counts as hung. An operation repeats failed requests a few times, with pauses
/// of up to a second.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Kind of process that an operation is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// Process that handles client requests.
    Ingest,
    /// Process that executes runs.
    Worker,
    /// Process that looks for overdue runs.
    Sweep,
    /// Process that erases former generations.
    Erase,
}

impl Process {
    /// Tells whether a process that is paused for this time is still alive. A worker may be paused for any time;
    /// the other processes have timeouts.
    pub(crate) fn survives_pause(self, seconds: u64) -> bool {
        match self {
            Self::Ingest => seconds < 3,
            Self::Worker => true,
            Self::Sweep | Self::Erase => seconds < 60,
        }
    }
}

/// Operation under way.
pub(crate) struct Operation {
    /// Process of the operation.
    pub process: Process,
    /// Fault injector of its requests.
    pub injector: Arc<FaultInjector>,
    /// The operation itself, up to and including the observation of its result.
    pub future: Pin<Box<dyn Future<Output = ()>>>,
}

/// State of an operation after it has executed for a while.
pub(crate) enum Progress {
    /// The operation is complete.
    Finished,
    /// The process is paused.
    Paused(Operation),
    /// The process has crashed.
    Crashed,
    /// The operation of this name waits for something that never happens.
    Hung(String),
}

impl Operation {
    /// Executes the operation until it finishes or is interrupted.
    pub(crate) async fn execute(mut self) -> Progress {
        let injector = Arc::clone(&self.injector);
        let interruption = async {
            tokio::select! {
                biased;
                () = &mut self.future => None,
                interruption = injector.interrupted() => Some(interruption),
            }
        };
        match timeout(TIMEOUT, interruption).await {
            Ok(None) => Progress::Finished,
            Ok(Some(Interruption::Paused)) => Progress::Paused(self),
            Ok(Some(Interruption::Crashed)) => Progress::Crashed,
            Err(_) => Progress::Hung(injector.operation.clone()),
        }
    }
}
