//! Rooms of connections.
//!
//! The row of a connection names its rooms, and decides who gets an event. An item for each room is in the index `by_room`,
//! where the members of a room are found. Both are plain writes, the row first: a transaction would conflict with every other
//! write of the row. After a crash in between, a row names a room in which nobody finds the connection, and its client, which
//! got no response, joins again; or an item names a connection that has left, and a delivery to the room removes it.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use longwire_core::ids::{ConnectionId, RoomName};
use longwire_core::room_job::Members;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::batch::{self, MAX_READ};
use crate::connections::{Connection, Connections, PARTITION, key};
use crate::error::StoreError;
use crate::item::{Item, n, s};
use crate::retry::with_jitter;
use crate::update::{Updated, held, update};

/// Most rooms of a connection. Its row names them all.
pub const MAX_ROOMS: usize = 20;

/// Age at which an item is not part of a `join` any more that is under way, in milliseconds.
const SETTLED: u64 = 60_000;

/// Outcome of joining a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// The connection is a member.
    Member,
    /// The connection is a member of [`MAX_ROOMS`] others.
    Full,
    /// There is no connection any more.
    Missing,
}

/// Page of the members of a room.
#[derive(Debug)]
pub struct MemberPage {
    /// Connections, by id. Some may be closed, or may have left.
    pub members: Vec<ConnectionId>,
    /// Start of the next page; `None` after the last one.
    pub next: Option<Item>,
}

impl Connections {
    /// Makes a connection a member of a room at `now`, in milliseconds since 1970. May be repeated.
    pub async fn join(
        &self,
        connection: &Connection,
        room: &RoomName,
        now: u64,
    ) -> Result<Joined, StoreError> {
        let id = &connection.connection;
        let add = self
            .rooms_request(id, room, "ADD rooms :rooms")
            .condition_expression(
                "attribute_exists(#connection) AND (attribute_not_exists(rooms) \
                 OR contains(rooms, :room) OR size(rooms) < :max)",
            )
            .expression_attribute_values(":room", s(room.as_str()))
            .expression_attribute_values(":max", n(MAX_ROOMS));
        match update::<Connection>(add).await? {
            Updated::Done(_) => {}
            Updated::ConditionFailed(Some(_)) => return Ok(Joined::Full),
            Updated::ConditionFailed(None) => return Ok(Joined::Missing),
        }
        let mut item = member_key(id, room);
        item.insert("room".to_owned(), s(room.as_str()));
        item.insert("member".to_owned(), s(id.as_str()));
        item.insert("joinedAt".to_owned(), n(now));
        item.insert("ttl".to_owned(), n(connection.ttl));
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(item));
        with_jitter(|| async { Ok(put.clone().send().await?) }).await?;
        Ok(Joined::Member)
    }

    /// Ends the membership of a connection in a room at `now`, in milliseconds since 1970. Succeeds when it is no member. One
    /// that joined later stays.
    pub async fn leave(
        &self,
        id: &ConnectionId,
        room: &RoomName,
        now: u64,
    ) -> Result<(), StoreError> {
        let remove = self
            .rooms_request(id, room, "DELETE rooms :rooms")
            .condition_expression("attribute_exists(#connection)");
        update::<Connection>(remove).await?;
        self.remove_until(id, room, now).await
    }

    /// Ends the membership of a connection whose groups do not allow it, unless its groups are others than those of this row
    /// meanwhile. `now` is in milliseconds since 1970.
    pub async fn expel(
        &self,
        row: &Connection,
        room: &RoomName,
        now: u64,
    ) -> Result<(), StoreError> {
        let id = &row.connection;
        let remove = self.rooms_request(id, room, "DELETE rooms :rooms");
        let exists = "attribute_exists(#connection) AND";
        let remove = if row.groups.is_empty() {
            // A token without groups leaves an empty list, a handshake no attribute.
            remove
                .condition_expression(format!(
                    "{exists} (attribute_not_exists(groups) OR size(groups) = :none)"
                ))
                .expression_attribute_values(":none", n(0_u32))
        } else {
            remove
                .condition_expression(format!("{exists} groups = :groups"))
                .expression_attribute_values(":groups", to_attribute_value(&row.groups)?)
        };
        match update::<Connection>(remove).await? {
            Updated::Done(_) => self.remove_until(id, room, now).await,
            Updated::ConditionFailed(_) => Ok(()),
        }
    }

    /// Removes the item of a connection that has left the room, as its row said at `now`, in milliseconds since 1970. One that
    /// may belong to a `join` under way stays.
    pub async fn remove_left(
        &self,
        id: &ConnectionId,
        room: &RoomName,
        now: u64,
    ) -> Result<(), StoreError> {
        self.remove_until(id, room, now.saturating_sub(SETTLED))
            .await
    }

    /// Removes the item of a connection that has no row any more.
    pub async fn remove_member(
        &self,
        id: &ConnectionId,
        room: &RoomName,
    ) -> Result<(), StoreError> {
        self.delete_member(id, room).send().await?;
        Ok(())
    }

    /// Deletes the row of a connection, and then its items of rooms. Succeeds when there is none. An item that is left names no
    /// connection, and a delivery to its room removes it.
    pub async fn delete(&self, id: &ConnectionId) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        let rooms = rooms_of(deleted.attributes.unwrap_or_default());
        let removed = rooms.iter().map(|room| self.remove_member(id, room));
        futures::future::try_join_all(removed).await.map(drop)
    }

    /// Reads a page of at most `limit` members, from `start` on.
    pub async fn members(
        &self,
        members: &Members,
        start: Option<Item>,
        limit: usize,
    ) -> Result<MemberPage, StoreError> {
        let output = self
            .members_request(members)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let found = output.items.unwrap_or_default().into_iter();
        let found = found.filter_map(|mut item| match item.remove("member") {
            Some(AttributeValue::S(id)) => Some(ConnectionId::trusted(id)),
            _ => None,
        });
        Ok(MemberPage {
            // The lower bound of a BETWEEN is part of the result.
            members: found
                .filter(|id| members.after.as_ref() != Some(id))
                .collect(),
            next: output.last_evaluated_key,
        })
    }

    /// Reads rows consistently, without those that do not exist or are expired at `now`, in seconds since 1970.
    pub async fn rows(
        &self,
        ids: &[ConnectionId],
        now: u64,
    ) -> Result<HashMap<ConnectionId, Connection>, StoreError> {
        let mut rows = HashMap::new();
        for some in ids.chunks(MAX_READ) {
            let keys = some.iter().map(key).collect();
            for item in batch::read(&self.client, &self.table, keys).await? {
                let row = Connection::read(item)?;
                if row.alive(now) {
                    rows.insert(row.connection.clone(), row);
                }
            }
        }
        Ok(rows)
    }

    fn members_request(&self, members: &Members) -> QueryFluentBuilder {
        let bounds = match (&members.after, &members.up_to) {
            (None, None) => "",
            (Some(_), None) => " AND #member > :after",
            (None, Some(_)) => " AND #member <= :upTo",
            (Some(_), Some(_)) => " AND #member BETWEEN :after AND :upTo",
        };
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_room")
            .key_condition_expression(format!("#room = :room{bounds}"))
            .expression_attribute_names("#room", "room")
            .expression_attribute_values(":room", s(members.room.as_str()));
        if members.after.is_some() || members.up_to.is_some() {
            query = query.expression_attribute_names("#member", "member");
        }
        if let Some(after) = &members.after {
            query = query.expression_attribute_values(":after", s(after.as_str()));
        }
        if let Some(up_to) = &members.up_to {
            query = query.expression_attribute_values(":upTo", s(up_to.as_str()));
        }
        query
    }

    /// Update of the set of rooms in the row of a connection.
    fn rooms_request(
        &self,
        id: &ConnectionId,
        room: &RoomName,
        expression: &str,
    ) -> UpdateItemFluentBuilder {
        let rooms = AttributeValue::Ss(vec![room.as_str().to_owned()]);
        self.row_request(id)
            .update_expression(expression)
            .expression_attribute_values(":rooms", rooms)
    }

    /// Removes the item of a connection that joined at `until` at the latest, in milliseconds since 1970.
    async fn remove_until(
        &self,
        id: &ConnectionId,
        room: &RoomName,
        until: u64,
    ) -> Result<(), StoreError> {
        let delete = self
            .delete_member(id, room)
            .condition_expression("joinedAt <= :until")
            .expression_attribute_values(":until", n(until));
        let sent = with_jitter(|| async { Ok(delete.clone().send().await?) }).await;
        held(sent).map(drop)
    }

    fn delete_member(&self, id: &ConnectionId, room: &RoomName) -> DeleteItemFluentBuilder {
        let delete = self.client.delete_item().table_name(&self.table);
        delete.set_key(Some(member_key(id, room)))
    }
}

fn member_key(id: &ConnectionId, room: &RoomName) -> Item {
    Item::from([(PARTITION.to_owned(), s(format!("{id}#room#{room}")))])
}

fn rooms_of(mut row: Item) -> Vec<RoomName> {
    match row.remove("rooms") {
        Some(AttributeValue::Ss(rooms)) => rooms.into_iter().map(RoomName::trusted).collect(),
        _ => Vec::new(),
    }
}
