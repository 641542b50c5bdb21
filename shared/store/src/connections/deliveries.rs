//! Deliveries of events to connections, so that a repeated event is not delivered again.
//!
//! A delivery is an item of its own, beside the row of its connection. It is written after the event was posted: after a
//! crash in between the event is posted once more, and its id tells the client.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use longwire_core::ids::ConnectionId;

use crate::batch::{self, MAX_READ, MAX_WRITE};
use crate::connections::{Connections, PARTITION};
use crate::error::StoreError;
use crate::event_key::{EventKey, KNOWN};
use crate::item::{Item, n, s};

impl Connections {
    /// Finds those of these connections to which an event was delivered within the last day before `now`, in seconds since
    /// 1970.
    pub async fn delivered(
        &self,
        event: &EventKey,
        connections: &[ConnectionId],
        now: u64,
    ) -> Result<BTreeSet<ConnectionId>, StoreError> {
        let mut found = BTreeSet::new();
        for some in connections.chunks(MAX_READ) {
            let keys = some
                .iter()
                .map(|connection| key(event, connection))
                .collect();
            for item in batch::read(&self.client, &self.table, keys).await? {
                let known = number(&item, "ttl").is_some_and(|ttl| ttl > now);
                found.extend(
                    text(&item, "deliveredTo")
                        .filter(|_| known)
                        .map(ConnectionId::trusted),
                );
            }
        }
        Ok(found)
    }

    /// Notes that an event was delivered to these connections at `now`, in seconds since 1970.
    pub async fn note_delivered(
        &self,
        event: &EventKey,
        connections: &[ConnectionId],
        now: u64,
    ) -> Result<(), StoreError> {
        for some in connections.chunks(MAX_WRITE) {
            let puts = some.iter().map(|connection| put(event, connection, now));
            let puts = puts.collect::<Result<_, _>>()?;
            batch::write(&self.client, &self.table, puts).await?;
        }
        Ok(())
    }
}

fn key(event: &EventKey, connection: &ConnectionId) -> Item {
    let key = format!("{connection}#push#{}", event);
    Item::from([(PARTITION.to_owned(), s(key))])
}

fn put(event: &EventKey, connection: &ConnectionId, now: u64) -> Result<WriteRequest, StoreError> {
    let mut item = key(event, connection);
    item.insert("deliveredTo".to_owned(), s(connection.as_str()));
    item.insert("ttl".to_owned(), n(now + KNOWN));
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}

fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
