//! The agent: ask the model, run the tools it wants, ask again, until it has answered.
//!
//! Three functions make the loop: [`run`] goes on until the answer is complete, `turn` makes one model
//! call (again, when nothing of it was shown), `assemble` puts the pieces of an answer together. Nothing
//! here knows AWS, a table or a socket: what happens leaves as drafts of lines and as finished steps.

pub mod model;

pub mod ctx;
pub mod outcome;
pub mod run;
mod transcript;

pub mod reply;
mod turn;

mod accumulator;
mod block;

mod results;
mod tool_calls;

pub mod context_window;
