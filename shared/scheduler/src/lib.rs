//! Starts runs, and sends the job of a run that needs a worker: the writes of the `threads` table and the messages
//! of the queue that belong together.
//!
//! # No wake-up is lost
//!
//! A run needs a job once it is the head of its thread's run queue, and two writes make it the head: `append` to an empty
//! queue, and `advance` (or `leave`, when a start is taken back) of the run before it. Both update the same item, so one
//! follows the other. An append and most advances return the queue as they left it; the writer of a transaction, which
//! returns nothing, reads the queue after it. If the append came first, the other writer finds the new run as head and sends
//! the job; if it came second, it found the queue empty and its writer sends the job. A writer whose response was lost
//! repeats the write and gets the same answer.
//!
//! A writer that crashes before it sends leaves a head without a job:
//! - After `advance`, the worker's own message was not deleted. It is delivered again, finds the run ended, reads
//!   the head, and sends.
//! - After `append`, no client was told that the run is accepted. The client repeats the start, which finds the run
//!   in the queue and sends; or its `wakeBy` passes, and a sweep or the thread's next prompt sends.
//! - After `leave`, the `wakeBy` of the new head passes.
//!
//! A head that has ended, or has no row, has no `wakeBy`. A run queued behind it has one, and the sweep sends the
//! head's job, so that a worker advances the queue; without such a run the thread's next prompt does the same, even
//! one that is refused because the thread is busy. A job too many does no harm: the row decides whether a worker may
//! claim the run, and a worker gives back a run that is not the head. A run that is in no queue is appended before
//! its worker begins.

pub mod error;
pub mod scheduler;

mod wake;

mod advance;
mod end_wait;
mod follow;
pub mod results;
pub mod start;
mod sweep;
mod take_back;
