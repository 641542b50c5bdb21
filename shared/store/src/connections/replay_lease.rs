//! Lease of an invocation of the function `replay` on the work for a connection.
//!
//! One invocation at a time works for a connection. It holds a lease in the connection's row, and gives the lease up by
//! a write that fails while work is left. A message that finds a valid lease is therefore done: the holder finds the
//! work, or crashes, and then the message of the holder is delivered again after the lease.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;

use crate::connections::Connections;
use crate::connections::replays::ReplayRow;
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::{Updated, update};

/// Outcome of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayClaim {
    /// The invocation holds the lease.
    Claimed(ReplayRow),
    /// Another invocation holds a valid lease.
    Held,
    /// The connection has no row any more.
    Missing,
}

/// Outcome of giving up the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// The invocation does not hold the lease any more.
    Released,
    /// Work is left, so that the invocation still holds the lease.
    Kept(ReplayRow),
}

impl Connections {
    /// Claims the connection's work for an invocation until `until`, unless another invocation holds a lease that is
    /// valid at `now`; both in seconds since 1970.
    pub async fn claim_replays(
        &self,
        id: &ConnectionId,
        invocation: &str,
        now: u64,
        until: u64,
    ) -> Result<ReplayClaim, StoreError> {
        let free =
            "(attribute_not_exists(replayUntil) OR replayUntil <= :now OR replayOwner = :me)";
        let claim = self
            .lease_request(id, invocation, free)
            .update_expression("SET replayOwner = :me, replayUntil = :until")
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":until", n(until));
        Ok(match update(claim).await? {
            Updated::Done(row) => ReplayClaim::Claimed(row),
            Updated::ConditionFailed(Some::<ReplayRow>(_)) => ReplayClaim::Held,
            Updated::ConditionFailed(None) => ReplayClaim::Missing,
        })
    }

    /// Extends the lease of an invocation until `until`, in seconds since 1970. Returns the row; without the lease
    /// nothing changes.
    pub async fn renew_replays(
        &self,
        id: &ConnectionId,
        invocation: &str,
        until: u64,
    ) -> Result<Option<ReplayRow>, StoreError> {
        let renew = self
            .lease_request(id, invocation, "replayOwner = :me")
            .update_expression("SET replayUntil = :until")
            .expression_attribute_values(":until", n(until));
        current(update(renew).await?)
    }

    /// Removes a replay that is done. Returns the row; nothing changes when a later request has replaced the replay,
    /// or without the lease. Only the time of the request is compared, because a newer version may have stored a cursor
    /// of which this one reads a part.
    pub async fn remove_replay(
        &self,
        id: &ConnectionId,
        invocation: &str,
        name: &str,
        cursor: Cursor,
    ) -> Result<Option<ReplayRow>, StoreError> {
        let remove = self
            .lease_request(
                id,
                invocation,
                "replayOwner = :me AND replays.#name.asked = :asked",
            )
            .update_expression("REMOVE replays.#name")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":asked", n(cursor.requested_at));
        current(update(remove).await?)
    }

    /// Gives the lease up, unless a replay is left or the connection is to be closed.
    pub async fn release_replays(
        &self,
        id: &ConnectionId,
        invocation: &str,
    ) -> Result<Released, StoreError> {
        let idle = "replayOwner = :me AND attribute_not_exists(closing) \
                    AND (attribute_not_exists(replays) OR size(replays) = :none)";
        let release = self
            .lease_request(id, invocation, idle)
            .update_expression("REMOVE replayOwner, replayUntil")
            .expression_attribute_values(":none", n(0_u32));
        Ok(match current(update(release).await?)? {
            Some(row) if row.held_by(invocation) => Released::Kept(row),
            Some(_) | None => Released::Released,
        })
    }

    /// Gives the lease up although work may be left. The caller sees to it that another message follows.
    pub async fn abandon_replays(
        &self,
        id: &ConnectionId,
        invocation: &str,
    ) -> Result<(), StoreError> {
        let abandon = self
            .lease_request(id, invocation, "replayOwner = :me")
            .update_expression("REMOVE replayOwner, replayUntil");
        update::<ReplayRow>(abandon).await.map(drop)
    }

    /// Prepares a write of the holder of the lease, without its update expression.
    fn lease_request(
        &self,
        id: &ConnectionId,
        invocation: &str,
        condition: &str,
    ) -> UpdateItemFluentBuilder {
        self.row_request(id)
            .condition_expression(format!("attribute_exists(#connection) AND {condition}"))
            .expression_attribute_values(":me", s(invocation))
    }
}

/// Row after an update, or the row that made its condition fail.
fn current(updated: Updated<ReplayRow>) -> Result<Option<ReplayRow>, StoreError> {
    Ok(match updated {
        Updated::Done(row) => Some(row),
        Updated::ConditionFailed(row) => row,
    })
}
