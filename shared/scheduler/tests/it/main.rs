//! Integration tests of the scheduler, in one binary: the real clients against a scripted table and queue.

mod overdue;
#[path = "../../../store/tests/it/table.rs"]
#[expect(dead_code, reason = "the file is shared with the tests of the store")]
mod table;
