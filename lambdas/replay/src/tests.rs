//! Sessions over mocked services and paused time. The mocked table holds one row and checks the conditions of its
//! writes.

mod row;
mod stage;

use std::time::Duration;

use futures::FutureExt;
use longwire_stream::post::PostError;
use serde_json::json;
use tokio::time::Instant;

use self::stage::{NOW, Stage};

#[tokio::test(start_paused = true)]
async fn replays_are_posted_in_the_order_of_their_requests_and_then_the_lease_is_given_up() {
    let stage = Stage::new(&[("r_1", 3), ("r_2", 1), ("r_3", 2)]);
    assert!(stage.deliver().await);
    let posted: Vec<String> = stage.posts().iter().map(|frame| run_of(frame)).collect();
    assert_eq!(
        posted,
        [
            "r_2", "r_2", "r_2", "r_3", "r_3", "r_3", "r_1", "r_1", "r_1"
        ]
    );
    let row = stage.row();
    assert_eq!(
        (&row["replays"], row.get("replayOwner")),
        (&json!({}), None)
    );
    assert_eq!(stage.sent(), 0);
}

fn run_of(frame: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(frame).expect("a frame is JSON");
    line["runId"].as_str().expect("it names its run").to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_later_request_ends_the_replay_and_begins_it_again() {
    let stage = Stage::new(&[("r_1", 1)]);
    let row = stage.row.clone();
    stage.on_post(move |count| {
        if count == 1 {
            row.change(|row| row["replays"]["t_1#r_1"]["asked"] = json!(2));
            // The connection takes nothing.
            return futures::future::pending().boxed();
        }
        futures::future::ready(Ok(())).boxed()
    });
    let began = Instant::now();
    assert!(stage.deliver().await);
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(stage.posts().len(), 1 + 3, "the first post was dropped");
    assert_eq!(stage.row()["replays"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_request_during_the_last_replay_is_served_before_the_lease_is_given_up() {
    let stage = Stage::new(&[("r_1", 1)]);
    let row = stage.row.clone();
    stage.on_post(move |count| {
        if count == 3 {
            row.change(|row| row["replays"]["t_1#r_2"] = stage::cursor(2));
        }
        futures::future::ready(Ok(())).boxed()
    });
    assert!(stage.deliver().await);
    assert_eq!(stage.posts().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_finds_a_valid_lease_is_done() {
    let stage = Stage::new(&[("r_1", 1)]);
    let held = |until: u64| {
        stage.row.change(|row| {
            row["replayOwner"] = json!("another");
            row["replayUntil"] = json!(until);
        });
    };
    held(NOW + 1);
    assert!(stage.deliver().await);
    assert!(stage.posts().is_empty());
    assert_eq!(stage.sent(), 0, "the message of the holder remains");
    assert!(stage.deliver_again().await);
    assert_eq!(
        stage.sent(),
        1,
        "this may have been the message of the holder"
    );
    held(NOW);
    assert!(stage.deliver().await);
    assert_eq!(stage.posts().len(), 3, "the lease has expired");
}

#[tokio::test(start_paused = true)]
async fn slow_posts_keep_the_lease_and_the_message() {
    let stage = Stage::new(&[("r_1", 1), ("r_2", 2), ("r_3", 3), ("r_4", 4)]);
    stage.on_post(|_| {
        let slow = tokio::time::sleep(Duration::from_secs(4));
        slow.map(|()| Ok(())).boxed()
    });
    let began = Instant::now();
    assert!(stage.deliver().await);
    let took = began.elapsed().as_secs();
    assert_eq!(stage.posts().len(), 9, "another invocation does the rest");
    assert!((36..50).contains(&took), "{took} s");
    let visibility = stage.visibility();
    assert!(visibility.iter().all(|timeout| *timeout == 60));
    assert!((3..=5).contains(&visibility.len()), "{visibility:?}");
    assert_eq!(stage.sent(), 1);
    assert!(stage.deliver().await);
    assert_eq!(stage.posts().len(), 12);
    assert_eq!(stage.row()["replays"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_posted_after_another_invocation_took_the_lease() {
    let stage = Stage::new(&[("r_1", 1), ("r_2", 2)]);
    let row = stage.row.clone();
    stage.on_post(move |_| {
        row.change(|row| row["replayOwner"] = json!("another"));
        futures::future::pending().boxed()
    });
    assert!(stage.deliver().await);
    assert_eq!(stage.posts().len(), 1);
    let row = stage.row();
    assert_eq!(row["replayOwner"], "another");
    assert_eq!(
        row["replays"].as_object().map(serde_json::Map::len),
        Some(2)
    );
}

#[tokio::test(start_paused = true)]
async fn no_post_follows_after_the_connection_is_gone() {
    let stage = Stage::new(&[("r_1", 1), ("r_2", 2)]);
    stage.on_post(|_| futures::future::ready(Err(PostError::Gone)).boxed());
    assert!(stage.deliver().await);
    assert_eq!(stage.posts().len(), 1);

    let stage = Stage::new(&[("r_1", 1), ("r_2", 2)]);
    let row = stage.row.clone();
    stage.on_post(move |_| {
        row.delete();
        futures::future::pending().boxed()
    });
    assert!(stage.deliver().await);
    assert_eq!(stage.posts().len(), 1, "the row is missing");
}

#[tokio::test(start_paused = true)]
async fn a_closing_connection_gets_bye_and_is_closed() {
    for (format, posts) in [("agui", 1), ("text", 0)] {
        let stage = Stage::new(&[("r_1", 1)]);
        stage.row.change(|row| {
            row["closing"] = json!(NOW);
            row["format"] = json!(format);
        });
        assert!(stage.deliver().await);
        assert_eq!(stage.posts().len(), posts);
        assert!(
            stage
                .posts()
                .iter()
                .all(|frame| frame.contains(r#""type":"bye""#))
        );
        assert_eq!((stage.closed(), stage.row.exists()), (1, false));
    }
}

#[tokio::test(start_paused = true)]
async fn bye_names_the_reason() {
    let reasons = [
        (json!({"closing": NOW}), "rate_limited", true),
        (
            json!({"closing": NOW, "closingReason": "of a newer version"}),
            "rate_limited",
            true,
        ),
        (
            json!({"closing": NOW, "closingReason": "token_expired"}),
            "token_expired",
            true,
        ),
        (
            json!({"closing": NOW, "closingReason": "revoked"}),
            "unauthorized",
            false,
        ),
        (json!({"tokenExp": NOW - 60}), "token_expired", true),
    ];
    for (change, code, reconnect) in reasons {
        let stage = Stage::new(&[("r_1", 1)]);
        stage.row.change(|row| {
            let change = change.as_object().expect("an object").clone();
            row.as_object_mut().expect("an object").extend(change);
        });
        assert!(stage.deliver().await);
        let posts = stage.posts();
        let bye: serde_json::Value = serde_json::from_str(&posts[0]).expect("JSON");
        assert_eq!(
            (&bye["type"], &bye["code"], &bye["reconnect"]),
            (&json!("bye"), &json!(code), &json!(reconnect))
        );
        assert_eq!((posts.len(), stage.closed()), (1, 1), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_gets_its_replay_until_a_minute_after_its_token_expired() {
    let stage = Stage::new(&[("r_1", 1)]);
    stage.row.change(|row| row["tokenExp"] = json!(NOW - 59));
    assert!(stage.deliver().await);
    assert!(!stage.posts()[0].contains(r#""type":"bye""#));
}

#[tokio::test(start_paused = true)]
async fn closing_interrupts_a_replay() {
    let stage = Stage::new(&[("r_1", 1)]);
    let row = stage.row.clone();
    stage.on_post(move |count| {
        if count > 1 {
            return futures::future::ready(Ok(())).boxed();
        }
        row.change(|row| row["closing"] = json!(NOW));
        futures::future::pending().boxed()
    });
    assert!(stage.deliver().await);
    assert_eq!((stage.posts().len(), stage.closed()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_replay_without_enough_time_left_gets_a_new_job() {
    let stage = Stage::new(&[("r_1", 1)]);
    assert!(stage.deliver_within(Duration::from_secs(60)).await);
    assert!(stage.posts().is_empty());
    assert_eq!((stage.row().get("replayOwner"), stage.sent()), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failing_table_returns_the_message_without_a_lease() {
    let stage = Stage::new(&[("broken", 1)]);
    assert!(!stage.deliver().await);
    assert_eq!(stage.row().get("replayOwner"), None);
    assert_eq!(stage.visibility().last(), Some(&5));
}
