//! Integration tests of the store, in one binary: the real client against scripted responses in DynamoDB's own JSON, and
//! for budgets against an emulator in this process.

mod budget;
mod cancel;
mod claim;
mod erase;
mod inbox;
mod lease;
mod notify;
mod overdue;
mod rooms;
mod run_queue;
mod scripted;
mod steer;
mod thread;
mod waiting;
