//! Share of a core, as Lambda gives it by memory: 1,769 MB are one vCPU ("Configure Lambda function memory").
//!
//! The process is stopped for the rest of each period. Control groups would do the same and need rights that not every
//! machine grants.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinHandle;

use crate::clock;

/// Memory of a function with one vCPU, in MB.
const ONE_CORE: f64 = 1769.0;

/// Period of the quota; Lambda's own is not documented.
const PERIOD: Duration = Duration::from_millis(20);

/// Quota of a process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Quota {
    task: JoinHandle<()>,
    process: Option<Pid>,
}

impl Quota {
    /// Limits a process to the share of a function with so much memory.
    pub(crate) fn start(process: i32, memory: u32) -> Self {
        let process = Pid::from_raw(process);
        let running = PERIOD.mul_f64((f64::from(memory) / ONE_CORE).min(1.0));
        let task = tokio::spawn(async move {
            while let Some(process) = process {
                clock::after(running).await;
                if kill_process(process, Signal::STOP).is_err() {
                    return;
                }
                clock::after(PERIOD - running).await;
                if kill_process(process, Signal::CONT).is_err() {
                    return;
                }
            }
        });
        Self { task, process }
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(process) = self.process {
            // The process may have ended.
            let _ = kill_process(process, Signal::CONT);
        }
    }
}
