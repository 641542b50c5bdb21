//! The tools that a deployment offers.

use std::fmt;

use longwire_core::approval::{ApprovalNeeded, ApprovalTerms};
use longwire_core::tool::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

use crate::ALL;
use crate::approval::ApprovalRules;
use crate::call::PreparedCall;
use crate::deps::Deps;
use crate::once::Once;
use crate::tool::{Prepare, Tool};

/// Longest name of an unknown tool that an error repeats, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Tools that a deployment offers. Built once and reused, because the tools hold clients.
pub struct Tools {
    offered: Vec<Offered>,
    once: Once,
    approvals: ApprovalRules,
}

struct Offered {
    tool: &'static Tool,
    prepare: Prepare,
}

impl Tools {
    /// Creates the tools that `deps` allows.
    pub fn new(deps: &Deps) -> Self {
        let offer = |tool: &'static Tool| {
            let prepare = (tool.offered)(deps)?;
            Some(Offered { tool, prepare })
        };
        Self {
            offered: ALL.iter().filter_map(offer).collect(),
            once: Once::default(),
            approvals: ApprovalRules::default(),
        }
    }

    /// Marks these tools as not to be repeated.
    pub fn with_once(self, once: Once) -> Self {
        Self { once, ..self }
    }

    /// Sets which calls people approve.
    pub fn with_approvals(self, approvals: ApprovalRules) -> Self {
        Self { approvals, ..self }
    }

    /// Tools whose calls, or some of them, need approval.
    pub fn needing_approval(&self) -> Vec<(&'static str, ApprovalNeeded)> {
        let needing = |Offered { tool, .. }: &Offered| {
            let needed = self.approvals.needed(tool.name, tool.approval)?;
            Some((tool.name, needed))
        };
        self.offered.iter().filter_map(needing).collect()
    }

    /// Descriptions for the model, always in the same order.
    pub fn specs(&self) -> Vec<ToolSpec> {
        let spec = |Offered { tool, .. }: &Offered| ToolSpec {
            name: tool.name.to_owned(),
            description: tool.description.to_owned(),
            input_schema: (tool.schema)(),
        };
        self.offered.iter().map(spec).collect()
    }

    /// Prepares a call.
    ///
    /// # Errors
    ///
    /// Fails with a text for the model when no tool of this name is offered or an argument is invalid.
    pub fn prepare(&self, call: &ToolCall) -> Result<PreparedCall, String> {
        tracing::debug!(
            event = "tool_called",
            tool = call.name,
            arguments = call.arguments,
            "the model calls a tool"
        );
        let offered = self.offered(&call.name);
        let Offered { tool, prepare } = offered.ok_or_else(|| self.unknown(&call.name))?;
        let input = match call.input().map_err(|error| error.to_string())? {
            Value::Null => Value::Object(Map::new()),
            input => input,
        };
        Ok(PreparedCall {
            name: tool.name,
            limit: tool.limit,
            repeat: self.once.apply(tool.name, tool.repeat),
            work: prepare(&input)?,
            approval: self.approval(tool, &input),
        })
    }

    fn offered(&self, name: &str) -> Option<&Offered> {
        let mut offered = self.offered.iter();
        offered.find(|offered| offered.tool.name == name)
    }

    fn approval(&self, tool: &Tool, input: &Value) -> Option<ApprovalTerms> {
        let needed = self.approvals.needed_for(tool.name, tool.approval, input);
        needed.then(|| ApprovalTerms {
            group: self
                .approvals
                .group(tool.name, tool.approval_group)
                .map(str::to_owned),
            schema: (tool.schema)(),
        })
    }

    fn unknown(&self, name: &str) -> String {
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        format!(
            "There is no tool named {name:?}. The tools are: {}.",
            self.names().join(", ")
        )
    }

    fn names(&self) -> Vec<&'static str> {
        let offered = self.offered.iter();
        offered.map(|offered| offered.tool.name).collect()
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools")
            .field("offered", &self.names())
            .field("once", &self.once)
            .finish()
    }
}
