//! Members of a room that get an event.

use futures::{StreamExt as _, stream};
use longwire_core::ids::{ConnectionId, RoomName};
use longwire_core::room_job::Members;
use longwire_store::connections::Connection;
use longwire_store::error::StoreError;
use longwire_store::item::Item;

use super::{CONCURRENCY, Delivery, Found, Next};

/// Members that are read together.
const PAGE: usize = 100;

/// Connection that the index names as a member.
enum Member {
    /// Member that gets the event.
    Admitted(Box<Connection>),
    /// Member to be closed, or whose token has expired.
    Closing,
    /// Connection that has left the room; the index lags.
    Left(ConnectionId),
    /// Member whose groups do not allow the room any more.
    Expelled(Box<Connection>),
    /// Connection that does not exist.
    Gone(ConnectionId),
}

impl Delivery<'_> {
    /// Reads a page of members. The index only names candidates: the row of a connection says whether it is in the room, and its
    /// groups whether it may be. What the index has too many is removed.
    pub(super) async fn members(
        &self,
        members: &Members,
        start: Option<Item>,
    ) -> Result<(Vec<Found>, Next), StoreError> {
        let (table, room) = (&self.deps.connections, &members.room);
        let page = table.members(members, start, PAGE).await?;
        let millis = self.deps.clock.unix_millis();
        let mut rows = table.rows(&page.members, self.now()).await?;
        let (mut admitted, mut others) = (Vec::new(), Vec::new());
        for id in page.members {
            match self.member(rows.remove(&id), id, room) {
                Member::Admitted(row) => admitted.push(*row),
                other => others.push(other),
            }
        }
        let gone = others
            .iter()
            .filter(|other| matches!(other, Member::Gone(_)));
        let mut found: Vec<_> = gone.map(|_| Found::Gone).collect();
        let removed = stream::iter(others).map(|other| self.remove(other, room, millis));
        Box::pin(removed.buffer_unordered(CONCURRENCY).count()).await;
        found.extend(self.without_known(admitted).await?);
        Ok((found, page.next.map_or(Next::None, Next::From)))
    }

    fn member(&self, row: Option<Connection>, id: ConnectionId, room: &RoomName) -> Member {
        match row {
            None => Member::Gone(id),
            Some(row) if !row.takes_posts(self.now()) => Member::Closing,
            Some(row) if !row.rooms.contains(room) => Member::Left(id),
            Some(row) if !self.deps.rooms.admit(room, &row.groups) => {
                Member::Expelled(Box::new(row))
            }
            Some(row) => Member::Admitted(Box::new(row)),
        }
    }

    /// Removes what is no member any more, as the rows said at `millis`, in milliseconds since 1970. A failure holds up no
    /// event: the next one tries again.
    async fn remove(&self, member: Member, room: &RoomName, millis: u64) {
        let table = &self.deps.connections;
        let removed = match member {
            Member::Admitted(_) | Member::Closing => Ok(()),
            Member::Left(id) => table.remove_left(&id, room, millis).await,
            Member::Expelled(row) => table.expel(&row, room, millis).await,
            Member::Gone(id) => table.remove_member(&id, room).await,
        };
        if let Err(error) = removed {
            tracing::warn!(
                event = "member_not_removed",
                %error,
                "a room names a connection that is no member any more"
            );
        }
    }
}
