//! The life of a run in one worker: claim, answer, persist, hand over, finish, replay.
//!
//! [`Runner::run`](runner::Runner::run) does what a job asks for. The crate uses the tables, the queue of jobs, the
//! agent and the stream. It knows neither Lambda nor the API of SQS: a [`Delivery`](delivery::Delivery) may come
//! without a queue message.
//!
//! ```text
//! Delivery ──> claim ──> Attempt ──> execute ──> finish      the run has ended
//!                │                      │
//!                │                      └──────> hand_over   another worker continues it
//!                └──> requeue, advance, replay               nothing to answer
//! ```
//!
//! While an attempt executes, three futures run side by side on one task: the agent loop, the [`writer`] that stores
//! its steps and renews the lease, and the `supervisor` that watches subscribers, cancellation and deadlines.

pub mod delivery;
pub mod error;
pub mod runner;
pub mod settings;

mod account;
pub mod attempt;
mod claim;
mod load;
mod place;

mod execute;
mod restarts;
mod start;
mod steering;
pub mod writer;

mod control_poll;
mod deadlines;
mod supervision;
mod supervisor;

mod advance;
mod conclude;
mod end_again;
pub mod ending;
pub mod finish;
mod hand_over;
mod replay;
mod usage;
