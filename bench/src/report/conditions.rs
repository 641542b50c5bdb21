//! Conditions under which the figures were measured. They are printed with every report.

use std::process::Command;

use anyhow::Result;
use procfs::{CpuInfo, Current as _, Meminfo};
use serde::Serialize;

use crate::options::Options;

/// Conditions of a bench.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conditions {
    date: String,
    commit: String,
    compiler: String,
    processor: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    functions: String,
    http: String,
    storage_ms: u64,
    arguments: Vec<String>,
}

impl Conditions {
    /// Reads the conditions of this process.
    pub(crate) fn read(options: &Options) -> Result<Self> {
        let processors = CpuInfo::current()?;
        Ok(Self {
            date: output("date", &["-u", "+%Y-%m-%d"]),
            commit: output("git", &["describe", "--always", "--dirty"]),
            compiler: output("rustc", &["--version"]),
            processor: processors.model_name(0).unwrap_or("unknown").to_owned(),
            cores: processors.num_cores(),
            memory_gib: Meminfo::current()?.mem_total.div_ceil(1 << 30),
            kernel: output("uname", &["-srm"]),
            functions: options.functions.display().to_string(),
            http: format!("{:?}", options.http).to_lowercase(),
            storage_ms: options.storage,
            arguments: std::env::args().skip(1).collect(),
        })
    }

    /// Conditions in one sentence.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "{}, commit {}, {} cores of {}, {} GiB, {}, {}; functions of `{}`, @connections over TLS and {}, \
             storage {} ms; `./scripts/bench {}`",
            self.date,
            self.commit,
            self.cores,
            self.processor,
            self.memory_gib,
            self.kernel,
            self.compiler,
            self.functions,
            self.http,
            self.storage_ms,
            self.arguments.join(" ")
        )
    }
}

/// First line that a command prints; "unknown" when it does not run.
fn output(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text
        .ok()
        .and_then(|text| text.lines().next().map(str::to_owned));
    line.unwrap_or_else(|| "unknown".to_owned())
}
