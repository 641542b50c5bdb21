//! Rooms of connections.

use emulator::Emulator;
use futures::future::join_all;
use longwire_core::identity::Identity;
use longwire_core::ids::{ConnectionId, RoomName, ThreadId, UserId};
use longwire_core::room_job::Members;
use longwire_core::shape::Shape;
use longwire_store::connections::rooms::{Joined, MAX_ROOMS};
use longwire_store::connections::{Connection, Connections};
use serde_json::{Value, json};

/// Time of the tests, in seconds since 1970.
const NOW: u64 = 1_763_681_477;

/// The same in milliseconds.
const MILLIS: u64 = NOW * 1000;

const TABLE: &str = "connections";

struct Table {
    emulator: Emulator,
    connections: Connections,
}

impl Table {
    fn new() -> Self {
        let emulator = Emulator::connections();
        let connections = Connections::new(emulator.client(), TABLE);
        Self {
            emulator,
            connections,
        }
    }

    /// Adds a connection with some groups.
    async fn connect(&self, id: &str, groups: &[&str]) -> Connection {
        let groups = groups.iter().map(|&group| group.to_owned());
        let identity = Identity::new(UserId::trusted("u_7"), groups, None);
        let thread = ThreadId::trusted("t_1");
        let row = Connection::new(
            ConnectionId::trusted(id),
            identity,
            thread,
            Shape::default(),
            NOW,
        );
        self.connections.put(&row).await.expect("the table works");
        row
    }

    async fn join(&self, row: &Connection, name: &str, millis: u64) -> Joined {
        let joined = self.connections.join(row, &room(name), millis).await;
        joined.expect("the table works")
    }

    async fn leave(&self, connection: &str, name: &str) {
        let (id, room) = (id(connection), room(name));
        let left = self.connections.leave(&id, &room, MILLIS).await;
        left.expect("the table works");
    }

    /// Rooms that the row of a connection names.
    async fn rooms(&self, row: &Connection) -> Vec<String> {
        let row = self.connections.get(&row.connection, NOW).await;
        let row = row.expect("the table works").expect("a row");
        row.rooms.iter().map(ToString::to_string).collect()
    }

    /// Members that the index has.
    async fn members(&self, name: &str) -> Vec<String> {
        self.part(&Members::all(room(name)), 100).await
    }

    /// Members in some pages.
    async fn part(&self, members: &Members, limit: usize) -> Vec<String> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let page = self.connections.members(members, start, limit).await;
            let page = page.expect("the table works");
            assert!(page.members.len() <= limit);
            found.extend(page.members.iter().map(ToString::to_string));
            start = page.next;
            if start.is_none() {
                return found;
            }
        }
    }

    /// Item of the table, as DynamoDB returns it.
    fn item(&self, key: &str) -> Value {
        let get = json!({ "TableName": TABLE, "Key": { "connection": { "S": key } } });
        let get = serde_json::from_value(get).expect("a request");
        let got = self.emulator.database().get_item(get);
        json!(got.expect("the table works"))["Item"].clone()
    }
}

fn room(name: &str) -> RoomName {
    RoomName::trusted(name)
}

fn id(id: &str) -> ConnectionId {
    ConnectionId::trusted(id)
}

#[tokio::test(start_paused = true)]
async fn a_member_is_found_in_its_rooms_until_it_leaves() {
    let table = Table::new();
    let (a, b) = (table.connect("a", &[]).await, table.connect("b", &[]).await);
    for (row, name) in [(&b, "ops"), (&a, "ops"), (&a, "lobby"), (&a, "ops")] {
        assert_eq!(table.join(row, name, MILLIS).await, Joined::Member);
    }
    assert_eq!(table.rooms(&a).await, ["lobby", "ops"]);
    assert_eq!(table.members("ops").await, ["a", "b"]);
    assert_eq!(
        table.item("a#room#ops"),
        json!({
            "connection": { "S": "a#room#ops" }, "room": { "S": "ops" }, "member": { "S": "a" },
            "joinedAt": { "N": MILLIS.to_string() }, "ttl": { "N": a.ttl.to_string() },
        })
    );
    for _ in 0..2 {
        table.leave("a", "ops").await;
    }
    assert_eq!(table.rooms(&a).await, ["lobby"]);
    assert_eq!(table.members("ops").await, ["b"]);
    table.leave("a", "lobby").await;
    assert_eq!(table.rooms(&a).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_has_twenty_rooms_at_most() {
    let table = Table::new();
    let row = table.connect("a", &[]).await;
    let names: Vec<String> = (0..=MAX_ROOMS).map(|room| format!("r{room}")).collect();
    let joined = join_all(names.iter().map(|name| table.join(&row, name, MILLIS))).await;
    let refused = joined.iter().filter(|&&joined| joined == Joined::Full);
    assert_eq!(refused.count(), 1);
    let rooms = table.rooms(&row).await;
    assert_eq!(rooms.len(), MAX_ROOMS);
    // The room it is in does not count twice, and the one that was refused has no member.
    assert_eq!(table.join(&row, &rooms[0], MILLIS).await, Joined::Member);
    for name in &names {
        let members = table.members(name).await;
        assert_eq!(members.len(), usize::from(rooms.contains(name)), "{name}");
    }
    table.leave("a", &rooms[0]).await;
    assert_eq!(table.join(&row, "other", MILLIS).await, Joined::Member);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_row_joins_nothing() {
    let table = Table::new();
    let row = table.connect("a", &[]).await;
    table.connections.delete(&id("a")).await.expect("deleted");
    assert_eq!(table.join(&row, "ops", MILLIS).await, Joined::Missing);
    assert_eq!(table.members("ops").await, [""; 0]);
    table.leave("a", "ops").await;
    assert_eq!(table.item("a"), Value::Null, "no row is made");
}

#[tokio::test(start_paused = true)]
async fn the_items_of_rooms_are_deleted_with_the_row() {
    let table = Table::new();
    let (a, b) = (table.connect("a", &[]).await, table.connect("b", &[]).await);
    for name in ["ops", "lobby"] {
        table.join(&a, name, MILLIS).await;
        table.join(&b, name, MILLIS).await;
    }
    for _ in 0..2 {
        table.connections.delete(&id("a")).await.expect("deleted");
    }
    assert_eq!(table.members("ops").await, ["b"]);
    assert_eq!(table.members("lobby").await, ["b"]);
    assert_eq!(table.item("a#room#ops"), Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_item_of_a_later_join_stays() {
    let table = Table::new();
    let row = table.connect("a", &[]).await;
    table.join(&row, "ops", MILLIS).await;
    let connections = &table.connections;
    let (a, ops) = (id("a"), room("ops"));
    // A `leave` of before that arrives late.
    connections.leave(&a, &ops, MILLIS - 1).await.expect("left");
    assert_eq!(table.members("ops").await, ["a"]);
    for (after, members) in [(59_999, vec!["a"]), (60_000, vec![])] {
        let removed = connections.remove_left(&a, &ops, MILLIS + after).await;
        removed.expect("the table works");
        assert_eq!(table.members("ops").await, members, "{after}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_groups_changed_meanwhile_is_not_expelled() {
    for (before, now, expelled) in [
        (&["guest"][..], &["guest"][..], true),
        (&["guest"], &["guest", "staff"], false),
        (&["guest"], &[], false),
        (&[], &[], true),
        (&[], &["staff"], false),
    ] {
        let table = Table::new();
        let row = table.connect("a", now).await;
        table.join(&row, "ops", MILLIS).await;
        let seen = Connection {
            groups: before.iter().map(|&group| group.to_owned()).collect(),
            ..row.clone()
        };
        let sent = table.connections.expel(&seen, &room("ops"), MILLIS).await;
        sent.expect("the table works");
        let left = if expelled { vec![] } else { vec!["a"] };
        assert_eq!(table.members("ops").await, left, "{before:?} {now:?}");
        assert_eq!(table.rooms(&row).await.is_empty(), expelled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_renewed_its_token_without_groups_is_expelled() {
    let table = Table::new();
    let mut row = table.connect("a", &["staff"]).await;
    row.token_exp = Some(NOW + 10);
    table.connections.put(&row).await.expect("the table works");
    table.join(&row, "ops", MILLIS).await;
    let identity = Identity::new(UserId::trusted("u_7"), [], Some(NOW + 600));
    let renewed = table.connections.renew(&id("a"), &identity, NOW).await;
    assert!(renewed.expect("the table works"));
    let row = table.connections.get(&id("a"), NOW).await;
    let row = row.expect("the table works").expect("a row");
    let sent = table.connections.expel(&row, &room("ops"), MILLIS).await;
    sent.expect("the table works");
    assert_eq!(table.members("ops").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_parts_of_a_room_have_each_member_once() {
    let table = Table::new();
    for number in 0..10 {
        let row = table.connect(&format!("c{number}"), &[]).await;
        table.join(&row, "ops", MILLIS).await;
    }
    let row = table.connect("c5", &[]).await;
    table.join(&row, "other", MILLIS).await;
    let members = |after: Option<&str>, up_to: Option<&str>| Members {
        after: after.map(id),
        up_to: up_to.map(id),
        ..Members::all(room("ops"))
    };
    for limit in [1, 3, 100] {
        assert_eq!(table.part(&members(None, None), limit).await.len(), 10);
        let parts = [
            members(None, Some("c3")),
            members(Some("c3"), Some("c5x")),
            members(Some("c5x"), None),
        ];
        let mut found = Vec::new();
        for part in &parts {
            found.push(table.part(part, limit).await);
        }
        assert_eq!(
            found,
            [
                vec!["c0", "c1", "c2", "c3"],
                vec!["c4", "c5"],
                vec!["c6", "c7", "c8", "c9"]
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_missing_or_expired_are_left_out() {
    let table = Table::new();
    let mut ids = vec![id("missing")];
    for number in 0..101 {
        ids.push(id(&format!("c{number}")));
        table.connect(&format!("c{number}"), &[]).await;
    }
    let mut old = table.connect("old", &[]).await;
    old.ttl = NOW;
    table.connections.put(&old).await.expect("the table works");
    ids.push(id("old"));
    let rows = table.connections.rows(&ids, NOW).await.expect("rows");
    assert_eq!(rows.len(), 101);
    assert!(!rows.contains_key(&id("old")) && rows.contains_key(&id("c100")));
}
