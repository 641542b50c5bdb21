//! The agent loop: calls the model, runs the tools that it asks for, and calls it again until the run has its
//! answer.
//!
//! Three functions make the loop: [`run::run`] repeats steps until the run is done, `turn` makes one model call
//! and retries it while nothing was sent to the client, and the reply accumulator turns the model's deltas into
//! events and a message, without I/O. The crate knows no SDK, no table and no socket: events leave through the
//! event sink, finished steps through a channel.

pub mod model;

pub mod context_window;

pub mod answers;
pub mod approvals;
pub mod budget;
pub mod client_tools;
pub mod ctx;
pub mod error;
pub mod outcome;
pub mod run;
pub mod steering;
mod transcript;

mod accumulator;
mod block_events;
mod open_block;
mod reply;
mod retries;
mod turn;
mod usage;
mod view;

mod result_limits;
mod results;
mod tool_calls;
