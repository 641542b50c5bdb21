//! Process of a function: an unmodified `bootstrap` with the Runtime API of this process.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use procfs::process::Process;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::fakes::runtime_api::{Invocation, RuntimeApi};

/// Environment variables of a function.
pub(crate) type Environment = BTreeMap<String, String>;

/// Process of a function.
#[derive(Debug)]
pub(crate) struct Function {
    api: RuntimeApi,
    child: Child,
    started: Instant,
}

impl Function {
    /// Starts a function whose log goes to `log`.
    pub(crate) fn start(bootstrap: &Path, environment: &Environment, log: &Path) -> Result<Self> {
        let api = RuntimeApi::serve()?;
        let log = File::create(log).context("creating the log of a function")?;
        let mut command = Command::new(bootstrap);
        command
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("starting {}", bootstrap.display()))?;
        Ok(Self {
            api,
            child,
            started,
        })
    }

    /// Starts a function, and waits until it asks for its first event.
    pub(crate) async fn start_ready(
        bootstrap: &Path,
        environment: &Environment,
        log: &Path,
    ) -> Result<Self> {
        let mut function = Self::start(bootstrap, environment, log)?;
        let ready = function.ready().await;
        ready.with_context(|| {
            format!(
                "starting {}, whose log is {}",
                bootstrap.display(),
                log.display()
            )
        })?;
        Ok(function)
    }

    /// Time of the start of the process.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Waits until the function asks for its first event, and returns when it did. Fails when the process ends before.
    pub(crate) async fn ready(&mut self) -> Result<Instant> {
        tokio::select! {
            ready = self.api.ready() => ready,
            ended = self.child.wait() => anyhow::bail!("the function ended: {}; see its log", ended?),
        }
    }

    /// Invokes the function.
    pub(crate) async fn invoke(&self, event: &Value) -> Result<Invocation> {
        self.api.invoke(event).await
    }

    /// CPU time so far of the threads that have not ended.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        // A thread may end while it is looked at.
        let times = self.process()?.tasks()?.flatten();
        let times = times.filter_map(|task| Some(task.schedstat().ok()?.sum_exec_runtime));
        Ok(Duration::from_nanos(times.sum()))
    }

    /// Largest resident memory so far, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let peak = self.process()?.status()?.vmhwm;
        Ok(peak.context("the kernel does not tell the peak memory")? * 1024)
    }

    /// Id of the process.
    pub(crate) fn pid(&self) -> Result<i32> {
        let pid = self.child.id().context("the function has ended")?;
        Ok(i32::try_from(pid)?)
    }

    fn process(&self) -> Result<Process> {
        Ok(Process::new(self.pid()?)?)
    }
}
