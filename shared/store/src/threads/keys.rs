//! Keys of the table's items. No other file builds or parses a key.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::thread_key::ThreadKey;

use crate::item::s;

/// Attribute of the partition key.
pub(super) const PARTITION: &str = "thread";

/// Attribute of the sort key.
pub const SORT: &str = "item";

/// Sort key of a thread's own item.
pub const META: &str = "META";

/// Prefix of the sort keys of all messages in a thread's partition, those of former generations included.
pub(super) const MESSAGES: &str = "MSG#";

/// Prefix of the sort keys of all items of runs but their event logs.
pub(super) const RUNS: &str = "RUN#";

/// Prefix of the sort keys of all message ids in a thread's partition.
const MESSAGE_IDS: &str = "MID#";

/// Prefix of the sort keys of all results of client's calls in a thread's partition.
const CALL_RESULTS: &str = "ANS#";

/// Number of partitions of the index of open runs. Several of them share the writes of all runs.
const OPEN_PARTS: u8 = 16;

/// Primary key of an item of a thread.
pub fn item(key: &ThreadKey, sort: impl Into<String>) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PARTITION.to_owned(), s(key.partition())),
        (SORT.to_owned(), s(sort)),
    ])
}

/// Sort key of a run's control row.
pub fn run(run_id: &RunId) -> String {
    format!("{RUNS}{run_id}")
}

/// Parses the sort key of a control row; `None` when it is another key.
pub fn parse_run(sort: &str) -> Option<RunId> {
    let run_id = sort.strip_prefix(RUNS)?;
    (!run_id.contains('#')).then(|| RunId::trusted(run_id))
}

/// Prefix of the sort keys of what is stored beside a control row, such as the input.
pub(super) fn run_items(run_id: &RunId) -> String {
    format!("{RUNS}{run_id}#")
}

/// Sort key of a run's input.
pub(super) fn input(run_id: &RunId) -> String {
    format!("{RUNS}{run_id}#IN")
}

/// Sort key of a run's frame.
pub(super) fn frame(run_id: &RunId) -> String {
    format!("{RUNS}{run_id}#FRAME")
}

/// Sort key of text `number`, from 1, that was sent to an unfinished run.
pub(super) fn steer(run_id: &RunId, number: u32) -> String {
    format!("{RUNS}{run_id}#STEER#{number:08}")
}

/// Partition of the index of open runs that lists this run.
pub fn open_part(run_id: &RunId) -> String {
    let sum = run_id.as_str().bytes().fold(0_u8, u8::wrapping_add);
    part(sum % OPEN_PARTS)
}

/// All partitions of the index of open runs.
pub fn open_parts() -> impl Iterator<Item = String> {
    (0..OPEN_PARTS).map(part)
}

fn part(number: u8) -> String {
    format!("{number:x}")
}

/// Sort key of message `number` of a generation of the thread.
pub(super) fn message(generation: u64, number: u64) -> String {
    format!("{}{number:08}", messages(generation))
}

/// Prefix of the sort keys of the messages of a generation.
pub(super) fn messages(generation: u64) -> String {
    format!("{MESSAGES}{generation}#")
}

/// Parses the primary key of a thread's own item; `None` when it is the key of another item.
pub(super) fn parse_meta(thread: &str, sort: &str) -> Option<ThreadKey> {
    (sort == META).then(|| ThreadKey::parse(thread))?
}

/// Parses the sort key of a message into its generation and its number; `None` when it is another key.
pub(super) fn parse_message(sort: &str) -> Option<(u64, u64)> {
    let (generation, number) = sort.strip_prefix(MESSAGES)?.split_once('#')?;
    Some((generation.parse().ok()?, number.parse().ok()?))
}

/// Sort key of the item that reserves the id of a user message for a run.
pub(super) fn message_id(generation: u64, message_id: &MessageId) -> String {
    format!("{}{message_id}", message_ids(generation))
}

/// Prefix of the sort keys of the reserved message ids of a generation.
pub(super) fn message_ids(generation: u64) -> String {
    format!("{MESSAGE_IDS}{generation}#")
}

/// Sort key of a part of the result of a client's call; the number of parts has one digit.
pub(super) fn call_result(generation: u64, call_id: &CallId, part: usize) -> String {
    format!("{}{part}", call_results_of(generation, call_id))
}

/// Prefix of the sort keys of the result of a client's call.
pub(super) fn call_results_of(generation: u64, call_id: &CallId) -> String {
    format!("{}{call_id}#", call_results(generation))
}

/// Prefix of the sort keys of the results of client's calls in a generation.
pub(super) fn call_results(generation: u64) -> String {
    format!("{CALL_RESULTS}{generation}#")
}

/// Sort key of the item of a run's event log whose first event is `first`.
pub(super) fn events(run_id: &RunId, first: u64) -> String {
    format!("{}{first:08}", event_log(run_id))
}

/// Prefix of the sort keys of a run's event log.
pub(super) fn event_log(run_id: &RunId) -> String {
    format!("LOG#{run_id}#")
}
