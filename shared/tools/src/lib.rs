//! What the model may call: a closed set, one file a tool (docs/tools.md shows how to add one).
//!
//! Nothing here is an `Err` of the agent: a tool that is unknown, gets bad arguments, fails, panics or takes
//! too long gives a result that says so, and the model goes on from there.

#[macro_use]
mod toolbox;
mod arguments;
pub mod guard;
pub mod repeat;
pub mod web;

// Each line is a tool: its file and its type. The model reads them in this order.
toolbox! {
    get_weather::GetWeather,
    kb_lookup::KbLookup,
    current_time::CurrentTime,
}

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

use guard::{Output, guard};
use longwire_core::tool::ToolCall;
use longwire_core::tool::ToolSpec;
use repeat::{Once, Repeat};

/// What tools need of the outside. A tool whose need is not met is not offered.
#[derive(Clone)]
pub struct Deps {
    /// One client for all, kept from call to call ([`web::client`]).
    pub http: reqwest::Client,
    /// Where the weather comes from.
    pub weather: get_weather::Service,
    /// The knowledge base, where one is configured.
    pub retrieve: Option<kb_lookup::Retrieve>,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// The tools a deployment offers. Built once.
#[derive(Debug)]
pub struct Tools {
    offered: Vec<Tool>,
    once: Once,
}

impl Tools {
    /// Those whose needs are met.
    pub fn new(deps: &Deps) -> Self {
        Self {
            offered: Tool::all(deps),
            once: Once::default(),
        }
    }

    /// The same, with these marked as not to be repeated.
    pub fn with_once(self, once: Once) -> Self {
        Self { once, ..self }
    }

    /// What the model is told about them, always in the same order.
    pub fn specs(&self) -> Vec<ToolSpec> {
        self.offered.iter().map(Tool::spec).collect()
    }

    /// The call, ready to run; or, for the model, why it cannot run: there is no such tool, or an argument is
    /// no good.
    pub fn prepare(&self, call: &ToolCall) -> Result<Prepared, String> {
        tracing::debug!(tool = call.name, input = %call.input, "the model calls a tool");
        let tool = self.offered.iter().find(|tool| tool.name() == call.name);
        let mut prepared = tool
            .ok_or_else(|| self.unknown(&call.name))?
            .prepare(&call.input)?;
        prepared.repeat = self.once.over(prepared.name, prepared.repeat);
        Ok(prepared)
    }

    fn unknown(&self, name: &str) -> String {
        let name: String = name.chars().take(64).collect();
        let names: Vec<_> = self.offered.iter().map(Tool::name).collect();
        format!(
            "There is no tool named {name:?}. The tools are: {}.",
            names.join(", ")
        )
    }
}

/// A call whose tool exists and whose arguments are good. Nothing happens before it is run.
pub struct Prepared {
    name: &'static str,
    repeat: Repeat,
    status: String,
    limit: Duration,
    work: BoxFuture<'static, Result<String, String>>,
}

impl Prepared {
    /// A line for people: what is being done.
    pub fn status(&self) -> String {
        self.status.clone()
    }

    /// Whether it may be made by a second worker, when the first died during it.
    pub fn repeat(&self) -> Repeat {
        self.repeat
    }

    /// Makes the call within the tool's time limit. Dropping the future cancels the work.
    pub async fn run(self) -> Output {
        guard(self.name, self.limit, self.work).await
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Prepared");
        shown.field("name", &self.name);
        shown.field("status", &self.status).finish_non_exhaustive()
    }
}
