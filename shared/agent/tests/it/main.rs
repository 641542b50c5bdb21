//! Integration tests of the agent loop: a scripted model, and the real event sink.

mod approvals;
mod budget;
mod cancellation;
mod client_tools;
mod context_window;
mod hand_over;
mod interruption;
mod limits;
mod replies;
mod scenario;
mod script;
mod steering;
mod tools;
mod unrepeatable_calls;
mod view;
