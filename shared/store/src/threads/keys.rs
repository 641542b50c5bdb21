//! The keys of the table's items, and nothing else: no other file spells them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

/// The partition key's attribute.
pub const PARTITION: &str = "thread";

/// The sort key's attribute.
pub const SORT: &str = "item";

/// The sort key of a thread's own item.
pub const META: &str = "META";

/// What the sort keys of all messages begin with, whichever birth of the thread they belong to.
pub const MESSAGES: &str = "MSG#";

const RUNS: &str = "RUN#";

/// Primary key of an item of a thread.
pub fn item(key: &ThreadKey, sort: impl Into<String>) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PARTITION.to_owned(), AttributeValue::S(key.partition())),
        (SORT.to_owned(), AttributeValue::S(sort.into())),
    ])
}

/// The control row of a run.
pub fn run(run_id: &RunId) -> String {
    format!("{RUNS}{run_id}")
}

/// The run in a control row's sort key; `None` when it is no such key.
pub fn parse_run(sort: &str) -> Option<RunId> {
    let run_id = sort.strip_prefix(RUNS)?;
    (!run_id.contains('#')).then(|| RunId::trusted(run_id))
}

/// The input of a run.
pub fn input(run_id: &RunId) -> String {
    format!("RUN#{run_id}#IN")
}

/// How many parts the index of open runs has: no partition of it is written by all runs at once.
const OPEN_PARTS: u8 = 16;

/// The part of the index of open runs that has this run.
pub fn open_part(run_id: &RunId) -> String {
    let sum = run_id.as_str().bytes().fold(0_u8, u8::wrapping_add);
    part(sum % OPEN_PARTS)
}

/// All parts of the index of open runs.
pub fn open_parts() -> impl Iterator<Item = String> {
    (0..OPEN_PARTS).map(part)
}

fn part(number: u8) -> String {
    format!("{number:x}")
}

/// A message of the thread that was born at `born`, by its number.
pub fn message(born: u64, number: u64) -> String {
    format!("{}{number:08}", messages(born))
}

/// What all messages of the thread that was born at `born` begin with.
pub fn messages(born: u64) -> String {
    format!("{MESSAGES}{born}#")
}

/// The birth and the number in a message's sort key; `None` when it is no such key.
pub fn parse_message(sort: &str) -> Option<(u64, u64)> {
    let (born, number) = sort.strip_prefix(MESSAGES)?.split_once('#')?;
    Some((born.parse().ok()?, number.parse().ok()?))
}

/// A batch of a run's lines, by its number.
pub fn log(run_id: &RunId, number: u64) -> String {
    format!("{}{number:08}", logs(run_id))
}

/// What all batches of a run's lines begin with.
pub fn logs(run_id: &RunId) -> String {
    format!("LOG#{run_id}#")
}
