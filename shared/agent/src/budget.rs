//! Reservation of what a model call may cost, before it is made.

use std::sync::Arc;

use futures::future::BoxFuture;
use longwire_core::message::{Message, Usage};
use longwire_core::text::estimated_tokens;
use longwire_core::tool::ToolSpec;

use crate::context_window::tokens::{of_message, of_tool};
use crate::model::Request;
use crate::usage::input_tokens;

/// Model call that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelCall {
    /// Step of the run, counted from 1.
    pub step: u32,
    /// Estimated tokens of the request.
    pub input_tokens: u64,
    /// Most tokens of the reply.
    pub max_output_tokens: u32,
    /// Tokens of earlier tries of this step, whose replies could not be used.
    pub spent: Option<Usage>,
}

/// Reason for which a model call was not reserved, and is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveError {
    /// A limit of the user does not allow it.
    OverBudget {
        /// Text for people: which limit, and when it renews.
        text: String,
    },
    /// The user has a limit of money, and the price of the model is not known.
    NoPrice,
    /// The reservation failed, and nothing may be spent without one.
    Failed,
}

/// Reserves what a model call may cost. A closure, because only the worker knows who pays.
pub type Reserve =
    Arc<dyn Fn(ModelCall) -> BoxFuture<'static, Result<(), ReserveError>> + Send + Sync>;

impl ModelCall {
    /// Estimates a call.
    pub(crate) fn of(step: u32, request: &Request, spent: Option<Usage>) -> Self {
        Self {
            step,
            input_tokens: input_tokens(request),
            max_output_tokens: request.max_tokens,
            spent,
        }
    }
}

/// Estimated tokens of what all requests of a run have: the system prompt and the tools.
pub fn fixed_tokens(system: &str, tools: &[ToolSpec]) -> u64 {
    estimated_tokens(system.len()) + tools.iter().map(of_tool).sum::<u64>()
}

/// Estimated tokens of messages in a request.
pub fn message_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(of_message).sum()
}
