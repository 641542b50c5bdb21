//! Names, messages, run state and jobs of Longwire, without I/O.
//!
//! Every other crate builds on this one. The types here are stored in DynamoDB, sent through SQS, or passed
//! between crates; none of them knows a wire format, an SDK or a task.

pub mod identity;
pub mod ids;
pub mod subject;
pub mod thread_key;

pub mod approval;
pub mod message;
pub mod model_id;
pub mod tool;

pub mod lenient;
pub mod options;
pub mod origin;
pub mod pending;
pub mod run;
pub mod run_frame;
pub mod run_input;
pub mod shape;

pub mod event_batch;

pub mod connection_job;
pub mod job;
pub mod limits;
pub mod payment;
pub mod price;
pub mod rooms;

mod json_text;

pub mod backoff;
pub mod clock;
pub mod cloud_event;
pub mod drain_job;
pub mod error_chain;
pub mod event_run;
pub mod room_job;
pub mod text;
