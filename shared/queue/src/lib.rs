//! The SQS queues of jobs.
//!
//! The queue is a standard one: a message may arrive twice, late or out of order. Nothing depends on that,
//! because the row of a run decides what its job leads to.

pub mod error;
pub mod queue;
pub mod received;
