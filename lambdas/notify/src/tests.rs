//! Batches of records of a table's stream, as AWS sends them, with an emulated table and a bus that fails by script.

mod stage;

mod content;
mod events;
mod failures;
