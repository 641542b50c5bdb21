//! Integration tests of the store, in one binary: the real client against scripted responses in DynamoDB's own JSON.

mod cancel;
mod claim;
mod erase;
mod lease;
mod overdue;
mod run_queue;
mod scripted;
