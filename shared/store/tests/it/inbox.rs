//! The inbox of a user.

mod torn;

use emulator::Emulator;
use futures::future::join_all;
use longwire_core::cloud_event::CloudEvent;
use longwire_core::ids::{DeviceId, ThreadId, UserId};
use longwire_store::error::StoreError;
use longwire_store::event_key::EventKey;
use longwire_store::users::Users;
use longwire_store::users::inbox::{InboxState, MAX_EVENTS, NewPush};
use longwire_store::users::prompted::Prompted;
use serde_json::json;
use serde_json::value::to_raw_value;

const NOW: u64 = 1_763_681_477;
const DAY: u64 = 24 * 3600;
const TABLE: &str = "users";

fn users() -> Users {
    Users::new(table().client(), TABLE)
}

fn table() -> Emulator {
    Emulator::users()
}

fn user() -> UserId {
    UserId::trusted("u_7")
}

fn event(id: &str) -> CloudEvent {
    let json = json!({"specversion": "1.0", "id": id, "source": "/o", "type": "t"});
    CloudEvent::parse(&to_raw_value(&json).expect("JSON")).expect("an event")
}

/// Keeps an event for a day.
async fn keep(
    users: &Users,
    id: &str,
    collapse: Option<&str>,
    now: u64,
) -> Result<u64, StoreError> {
    let push = NewPush {
        user: &user(),
        event: &event(id),
        run: None,
        collapse_key: collapse,
        now,
        until: now + DAY,
    };
    users.keep(push).await
}

/// Numbers and ids of the events after a number.
async fn kept(users: &Users, after: u64, now: u64) -> Vec<(u64, String)> {
    let page = users.inbox(&user(), after, 100, now).await.expect("a page");
    let kept = page.events.iter();
    kept.map(|kept| (kept.seq, kept.event.id().to_owned()))
        .collect()
}

fn numbered<'a>(events: impl IntoIterator<Item = (u64, &'a str)>) -> Vec<(u64, String)> {
    events
        .into_iter()
        .map(|(seq, id)| (seq, id.to_owned()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn events_are_numbered_from_one_and_a_repeated_one_keeps_its_number() {
    let users = users();
    for (id, seq) in [("a", 1), ("b", 2), ("a", 1), ("c", 3)] {
        assert_eq!(
            keep(&users, id, None, NOW).await.expect("a number"),
            seq,
            "{id}"
        );
    }
    assert_eq!(
        kept(&users, 0, NOW).await,
        numbered([(1, "a"), (2, "b"), (3, "c")])
    );
    assert_eq!(kept(&users, 2, NOW).await, numbered([(3, "c")]));
    // After a day the event is not known any more.
    assert_eq!(
        keep(&users, "a", None, NOW + DAY).await.expect("a number"),
        4
    );
}

#[tokio::test(start_paused = true)]
async fn events_that_arrive_at_the_same_time_have_numbers_of_their_own() {
    let users = users();
    let ids: Vec<String> = (0..8).map(|id| id.to_string()).collect();
    let all = join_all(ids.iter().map(|id| keep(&users, id, None, NOW))).await;
    let mut numbers: Vec<u64> = all.into_iter().map(|seq| seq.expect("a number")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    assert_eq!(kept(&users, 0, NOW).await.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_event_expires() {
    let users = users();
    keep(&users, "a", None, NOW).await.expect("a number");
    keep(&users, "b", None, NOW + 1).await.expect("a number");
    assert_eq!(kept(&users, 0, NOW + DAY).await, numbered([(2, "b")]));
    assert_eq!(kept(&users, 0, NOW + DAY + 1).await, []);
    assert_eq!(
        keep(&users, "c", None, NOW + 9 * DAY)
            .await
            .expect("a number"),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_replaces_the_last_one_with_the_same_collapse_key() {
    let users = users();
    for (id, collapse) in [
        ("a", Some("build")),
        ("b", None),
        ("c", Some("build")),
        ("d", Some("other")),
    ] {
        keep(&users, id, collapse, NOW).await.expect("a number");
    }
    assert_eq!(
        kept(&users, 0, NOW).await,
        numbered([(2, "b"), (3, "c"), (4, "d")])
    );
}

#[tokio::test(start_paused = true)]
async fn one_event_too_many_drops_the_oldest() {
    let users = users();
    for number in 1..=MAX_EVENTS + 2 {
        let seq = keep(&users, &number.to_string(), None, NOW).await;
        assert_eq!(seq.expect("a number"), number);
    }
    let first = kept(&users, 0, NOW).await.into_iter().next();
    assert_eq!(first, Some((3, "3".to_owned())));
    let (mut count, mut last, mut next) = (0, 0, Some(0));
    while let Some(after) = next {
        let page = users.inbox(&user(), after, 300, NOW).await;
        let page = page.expect("a page");
        count += page.events.len();
        last = page.events.last().map_or(last, |event| event.seq);
        next = page.next;
    }
    assert_eq!((count, last), (1_000, MAX_EVENTS + 2));
}

#[tokio::test(start_paused = true)]
async fn a_page_of_expired_events_is_not_the_last_one() {
    let users = users();
    for id in ["a", "b", "c"] {
        keep(&users, id, None, NOW).await.expect("a number");
    }
    keep(&users, "d", None, NOW + DAY).await.expect("a number");
    let page = users.inbox(&user(), 0, 2, NOW + DAY).await.expect("a page");
    assert_eq!((page.events.len(), page.next), (0, Some(2)));
    let page = users.inbox(&user(), 2, 2, NOW + DAY).await.expect("a page");
    assert_eq!(page.events[0].seq, 4);
}

#[tokio::test(start_paused = true)]
async fn each_device_has_seen_its_own_part() {
    let users = users();
    for id in ["a", "b", "c"] {
        keep(&users, id, None, NOW).await.expect("a number");
    }
    let (phone, user) = (DeviceId::trusted("phone"), user());
    for (device, up_to, seen) in [
        (Some(&phone), 2, 2),
        (Some(&phone), 1, 2),
        (None, 1, 1),
        (Some(&phone), 99, 3),
    ] {
        let noted = users.note_seen(&user, device, up_to, NOW).await;
        assert_eq!(noted.expect("a number"), seen, "{device:?} {up_to}");
        let state = users.inbox_state(&user, device).await.expect("a state");
        assert_eq!(state, InboxState { last: 3, seen });
    }
    let other = users
        .inbox_state(&user, Some(&DeviceId::trusted("tablet")))
        .await;
    assert_eq!(other.expect("a state"), InboxState { last: 3, seen: 0 });
    let nobody = users.inbox_state(&UserId::trusted("u_8"), None).await;
    assert_eq!(nobody.expect("a state"), InboxState::default());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_read_does_not_hold_up_the_others() {
    let table = table();
    let users = Users::new(table.client(), TABLE);
    for id in ["a", "b", "c"] {
        keep(&users, id, None, NOW).await.expect("a number");
    }
    let key = json!({ "user": { "S": "u_7" }, "item": { "S": format!("INBOX#{:020}", 2) } });
    let update = json!({
        "TableName": TABLE, "Key": key, "UpdateExpression": "SET #event = :event",
        "ExpressionAttributeNames": { "#event": "event" },
        "ExpressionAttributeValues": { ":event": { "S": "{" } },
    });
    let update = serde_json::from_value(update).expect("a request");
    table
        .database()
        .update_item(update)
        .expect("the table works");
    assert_eq!(kept(&users, 0, NOW).await, numbered([(1, "a"), (3, "c")]));
    let page = users.inbox(&user(), 1, 1, NOW).await.expect("a page");
    assert_eq!((page.events.len(), page.next), (0, Some(2)));
}

#[tokio::test]
async fn the_thread_of_an_event_is_chosen_once_a_day() {
    let users = users();
    let key = EventKey::of(&event("e1"));
    for (thread, now, expected) in [
        ("t_1", NOW, "t_1"),
        ("t_2", NOW + DAY - 1, "t_1"),
        ("t_2", NOW + DAY, "t_2"),
    ] {
        let thread = ThreadId::trusted(thread);
        let noted = users.note_prompted(&user(), &key, &thread, now).await;
        let noted = noted.expect("the table works");
        assert_eq!((noted.thread.as_str(), noted.started), (expected, false));
    }
}

#[tokio::test]
async fn the_run_of_an_event_is_known_for_a_day_after_its_start() {
    let users = users();
    let key = EventKey::of(&event("e1"));
    let [first, second] = ["t_1", "t_2"].map(ThreadId::trusted);
    let note = async |now| {
        let noted = users.note_prompted(&user(), &key, &second, now).await;
        noted.expect("the table works")
    };
    let noted = users.note_prompted(&user(), &key, &first, NOW).await;
    assert!(!noted.expect("the table works").started);
    let later = NOW + DAY - 1;
    let started = users.note_started(&user(), &key, &first, later).await;
    started.expect("the table works");
    let started = |thread: &ThreadId, started| Prompted {
        thread: thread.clone(),
        started,
    };
    assert_eq!(note(NOW + DAY).await, started(&first, true));
    assert_eq!(note(later + DAY).await, started(&second, false));
}
