//! Integration tests of the scheduler, in one binary: the real clients against a scripted table and queue.

mod move_overdue;
mod results;
#[path = "../../../store/tests/it/scripted.rs"]
#[expect(dead_code, reason = "the file is shared with the tests of the store")]
mod scripted;
