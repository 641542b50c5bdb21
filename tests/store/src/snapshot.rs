//! State of the thread: its own item, the rows of its runs and its messages.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{CallId, RunId};
use longwire_core::message::Message;
use longwire_core::pending::Pending;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use longwire_store::item::{Item, read};
use longwire_store::threads::call_results::ResultPart;
use longwire_store::threads::keys::{META, SORT, parse_run};
use longwire_store::threads::meta::Meta;

/// Place of a message: its generation and its number.
pub(crate) type Place = (u64, u64);

/// Place of a part of an answer: its generation, its call and its number.
pub(crate) type PartKey = (u64, CallId, usize);

/// State of the thread at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// The thread's own item.
    pub meta: Option<Meta>,
    /// Rows of runs.
    pub rows: BTreeMap<RunId, RunRow>,
    /// Messages.
    pub messages: BTreeMap<Place, Message>,
    /// Answers to calls, in parts.
    pub answers: BTreeMap<PartKey, ResultPart>,
    /// The index of open runs lists the thread.
    pub open: bool,
    /// Deadline of the thread in that index.
    pub listed: Option<u64>,
    /// Sort keys of the other items, without those that expire by themselves.
    pub others: Vec<String>,
}

impl Snapshot {
    /// Reads the state in one query. Panics when the emulator fails, because nothing can be checked then.
    pub(crate) async fn read(client: &Client, table: &str, key: &ThreadKey) -> Self {
        let mut pages = client
            .query()
            .table_name(table)
            .key_condition_expression("thread = :thread")
            .expression_attribute_values(":thread", AttributeValue::S(key.partition()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut snapshot = Self::default();
        while let Some(item) = pages.next().await {
            snapshot.add(item.expect("the emulator responds"));
        }
        snapshot
    }

    fn add(&mut self, item: Item) {
        let sort = item[SORT].as_s().expect("a sort key").clone();
        if sort == META {
            self.open = item.contains_key("open");
            let wake_by = item.get("wakeBy").and_then(|by| by.as_n().ok());
            self.listed = wake_by.map(|by| by.parse().expect("a number"));
            self.meta = Some(read(item).expect("a valid thread item"));
        } else if let Some(run) = parse_run(&sort) {
            self.rows.insert(run, read(item).expect("a valid row"));
        } else if let Some(place) = parse_place(&sort) {
            let body = item["body"].as_s().expect("a message");
            let message: Message = serde_json::from_str(body).expect("a valid message");
            self.messages.insert(place, message);
        } else if let Some(place) = parse_part(&sort) {
            self.answers
                .insert(place, read(item).expect("a valid part"));
            self.others.push(sort);
        } else if !sort.starts_with("MID#") || !item.contains_key("ttl") {
            self.others.push(sort);
        }
    }

    /// Run queue.
    pub(crate) fn run_queue(&self) -> &[RunId] {
        self.meta.as_ref().map_or(&[], |meta| &meta.run_queue)
    }

    /// Parts of the answer to a call in a generation that are stored, if they are a whole one.
    pub(crate) fn whole_answer(
        &self,
        generation: u64,
        call_id: &CallId,
    ) -> Option<Vec<&ResultPart>> {
        let part = |number: usize| self.answers.get(&(generation, call_id.clone(), number));
        let of = part(1)?.of;
        let parts: Option<Vec<_>> = (1..=of).map(part).collect();
        parts.filter(|parts| parts.iter().all(|part| part.of == of))
    }

    /// Wait of the thread for answers to calls.
    pub(crate) fn pending(&self) -> Option<&Pending> {
        self.meta.as_ref()?.pending.as_ref()
    }

    /// Tells whether a run belongs to the thread: the thread was not deleted, and has no next generation, since.
    pub(crate) fn has(&self, row: &RunRow) -> bool {
        self.meta.as_ref().is_some_and(|meta| meta.has(row))
    }

    /// Tells whether all runs have ended and the run queue is empty.
    pub(crate) fn is_complete(&self) -> bool {
        self.run_queue().is_empty() && self.rows.values().all(|row| row.status.ended())
    }
}

fn parse_place(sort: &str) -> Option<Place> {
    let (generation, number) = sort.strip_prefix("MSG#")?.split_once('#')?;
    Some((generation.parse().ok()?, number.parse().ok()?))
}

fn parse_part(sort: &str) -> Option<PartKey> {
    let (generation, place) = sort.strip_prefix("ANS#")?.split_once('#')?;
    let (call_id, number) = place.rsplit_once('#')?;
    let place = (generation.parse().ok()?, CallId::trusted(call_id));
    Some((place.0, place.1, number.parse().ok()?))
}

/// Parses the sort key of a run's input; `None` when it is another key.
pub(crate) fn parse_input(sort: &str) -> Option<RunId> {
    parse_run(sort.strip_suffix("#IN")?)
}
