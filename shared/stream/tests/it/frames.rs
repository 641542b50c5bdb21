//! Frames that subscribers get.

use std::time::Duration;

use longwire_core::ids::{CallId, MessageId};
use longwire_core::shape::{Format, Lines};
use longwire_protocol::event::{Event, ToolRole};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::numbered::Annotations;
use serde_json::Value;
use tokio::time::sleep;

use crate::stage::{joined_deltas, ms, numbers, run_finished, stage, text, text_start};

#[tokio::test(start_paused = true)]
async fn subscribers_of_one_and_of_many_events_a_frame_get_the_same_events_byte_for_byte() {
    let stage = stage(|to, _| {
        (
            if to.as_str() == "slow" {
                ms(90)
            } else {
                ms(20)
            },
            Ok(()),
        )
    });
    stage.attach("slow", Lines::One).await;
    stage.attach("many", Lines::Many).await;
    stage.attach("one", Lines::One).await;
    stage.open().await;
    stage.start_text("Hello").await;
    for nth in 0..60 {
        sleep(ms(7)).await;
        stage.emit(text(format!(" {nth}"))).await;
    }
    let batch = stage.sink.close(run_finished()).await.unwrap();
    stage.sink.release().await.unwrap();
    assert!(stage.sink.drained(Duration::from_secs(60)).await);

    let expected: Vec<String> = batch.events.iter().map(|event| event.to_string()).collect();
    for name in ["slow", "many", "one"] {
        assert_eq!(stage.clients.lines(name), expected, "{name}");
    }
    assert_eq!(stage.clients.frames("one"), expected);
    assert!(stage.clients.frames("many").len() < expected.len());
}

#[tokio::test(start_paused = true)]
async fn no_frame_exceeds_the_limit_whatever_characters_the_text_has() {
    for (lines, piece) in [
        (Lines::Many, "🦀"),
        (Lines::Many, "\u{1}"),
        (Lines::One, "a\"\\\n🦀\u{1f}"),
    ] {
        let stage = stage(|_, _| (ms(10), Ok(())));
        stage.attach("c", lines).await;
        stage.attach_as("b", Format::Bedrock, Lines::One, 0).await;
        stage.open().await;
        stage.emit(text_start()).await;
        let long = piece.repeat(100_000 / piece.len());
        stage.emit(text(long.clone())).await;
        stage.finish().await;

        let frames = [stage.clients.frames("c"), stage.clients.frames("b")].concat();
        assert!(frames.iter().all(|frame| frame.len() <= MAX_FRAME_BYTES));
        let got = stage.clients.lines("c");
        assert_eq!(joined_deltas(&got), long);
        assert!(
            got.iter()
                .all(|line| joined_deltas(std::slice::from_ref(line)).len() <= 8192)
        );
        assert!(frames.iter().any(|frame| frame.len() > 8192));
    }
}

#[tokio::test(start_paused = true)]
async fn tool_result_too_long_for_a_frame_is_truncated_and_marked() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    let content = "\u{2}🦀".repeat(4_000);
    stage
        .emit(Event::ToolCallResult {
            message_id: MessageId::trusted("m1"),
            tool_call_id: CallId::trusted("tc1"),
            content: content.clone(),
            role: ToolRole::Tool,
        })
        .await;
    stage.finish().await;

    let frames = stage.clients.frames("c");
    assert!(frames[0].len() <= MAX_FRAME_BYTES && frames[0].len() > MAX_FRAME_BYTES - 200);
    let line: Value = serde_json::from_str(&frames[0]).unwrap();
    assert!(content.starts_with(line["content"].as_str().unwrap()));
    assert_eq!(line["metadata"]["lw.truncated"], true);
    assert_eq!(line["metadata"]["lw.bytes"], content.len());
}

#[tokio::test(start_paused = true)]
async fn empty_delta_is_no_event() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.start_text("").await;
    stage.emit(text("a")).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.clients.lines("c")), [1, 2, 3]);
    assert_eq!(joined_deltas(&stage.clients.lines("c")), "a");
}

#[tokio::test(start_paused = true)]
async fn late_subscriber_gets_the_missing_events_before_new_ones() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("first", Lines::One).await;
    stage.open().await;
    stage.start_text("Hello").await;
    assert!(stage.sink.drained(Duration::from_secs(1)).await);
    stage.attach_as("later", Format::Agui, Lines::Many, 2).await;
    stage.emit(text(" world")).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.clients.lines("later")), [3, 4, 5, 6]);
    assert_eq!(
        stage.clients.lines("later"),
        stage.clients.lines("first")[2..]
    );
}

#[tokio::test(start_paused = true)]
async fn late_subscriber_gets_the_same_frames_in_every_format() {
    for format in Format::ALL {
        let stage = stage(|_, _| (ms(10), Ok(())));
        stage.attach_as("first", format, Lines::One, 0).await;
        stage.open().await;
        let block = Annotations {
            block: Some(3),
            ..Annotations::default()
        };
        stage
            .sink
            .emit(text_start().annotated(block))
            .await
            .unwrap();
        assert!(stage.sink.drained(Duration::from_secs(1)).await);
        let before = stage.clients.frames("first").len();
        stage.attach_as("later", format, Lines::One, 3).await;
        stage.emit(text("Hello")).await;
        stage.finish().await;
        let first = stage.clients.frames("first");
        assert!(first.len() > before);
        assert_eq!(stage.clients.frames("later"), first[before..], "{format:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn subscriber_can_be_moved_back_while_its_post_is_in_flight() {
    let stage = stage(|_, _| (ms(50), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    sleep(ms(75)).await;
    stage.attach_as("c", Format::Agui, Lines::Many, 0).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.clients.lines("c")), [1, 2, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn agui_subscribers_of_a_silent_run_get_alive() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.attach_as("text", Format::Text, Lines::One, 0).await;
    stage.open().await;
    sleep(Duration::from_secs(31)).await;
    let alive = r#"{"type":"alive","runId":"r1","last":2}"#;
    assert_eq!(stage.clients.frames("c")[2..], [alive, alive]);
    assert!(stage.clients.frames("text").is_empty());
    stage.finish().await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        stage.clients.frames("c").len(),
        5,
        "an ended run is not alive"
    );
}
