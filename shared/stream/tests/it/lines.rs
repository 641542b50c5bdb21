//! What the connections get.

use std::time::Duration;

use longwire_core::ids::{CallId, MessageId};
use longwire_core::shape::{Format, Lines};
use longwire_protocol::event::{Event, ToolRole};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::numbered::Annotations;
use serde_json::Value;
use tokio::time::sleep;

use super::stage::{ms, numbers, said, stage, text, text_start};

#[tokio::test(start_paused = true)]
async fn one_and_many_get_the_same_lines_byte_for_byte() {
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
    stage.speak("Hello").await;
    for nth in 0..60 {
        sleep(ms(7)).await;
        stage.emit(text(format!(" {nth}"))).await;
    }
    let batch = stage
        .sender
        .close(super::stage::run_finished())
        .await
        .unwrap();
    stage.sender.release().await.unwrap();
    assert!(stage.sender.drained(Duration::from_secs(60)).await);

    let logged: Vec<String> = batch.events.iter().map(|line| line.to_string()).collect();
    for name in ["slow", "many", "one"] {
        assert_eq!(stage.far.lines(name), logged, "{name}");
    }
    assert_eq!(stage.far.taken("one"), logged);
    assert!(stage.far.taken("many").len() < logged.len());
}

#[tokio::test(start_paused = true)]
async fn no_frame_is_too_long_whatever_the_text_is_made_of() {
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

        let frames = [stage.far.taken("c"), stage.far.taken("b")].concat();
        assert!(frames.iter().all(|frame| frame.len() <= MAX_FRAME_BYTES));
        let got = stage.far.lines("c");
        assert_eq!(said(&got), long);
        assert!(
            got.iter()
                .all(|line| said(std::slice::from_ref(line)).len() <= 8192)
        );
        assert!(frames.iter().any(|frame| frame.len() > 8192));
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_too_long_for_a_frame_is_cut_and_says_so() {
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

    let frames = stage.far.taken("c");
    assert!(frames[0].len() <= MAX_FRAME_BYTES && frames[0].len() > MAX_FRAME_BYTES - 200);
    let line: Value = serde_json::from_str(&frames[0]).unwrap();
    assert!(content.starts_with(line["content"].as_str().unwrap()));
    assert_eq!(line["metadata"]["lw.truncated"], true);
    assert_eq!(line["metadata"]["lw.bytes"], content.len());
}

#[tokio::test(start_paused = true)]
async fn an_empty_delta_is_no_line() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.speak("").await;
    stage.emit(text("a")).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.far.lines("c")), [1, 2, 3]);
    assert_eq!(said(&stage.far.lines("c")), "a");
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_gets_what_is_missing_before_what_is_new() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("first", Lines::One).await;
    stage.open().await;
    stage.speak("Hello").await;
    assert!(stage.sender.drained(Duration::from_secs(1)).await);
    stage.attach_as("later", Format::Agui, Lines::Many, 2).await;
    stage.emit(text(" world")).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.far.lines("later")), [3, 4, 5, 6]);
    assert_eq!(stage.far.lines("later"), stage.far.lines("first")[2..]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_gets_the_same_frames_in_every_format() {
    for format in Format::ALL {
        let stage = stage(|_, _| (ms(10), Ok(())));
        stage.attach_as("first", format, Lines::One, 0).await;
        stage.open().await;
        let block = Annotations {
            block: Some(3),
            ..Annotations::default()
        };
        stage
            .sender
            .emit(text_start().annotated(block))
            .await
            .unwrap();
        assert!(stage.sender.drained(Duration::from_secs(1)).await);
        let before = stage.far.taken("first").len();
        stage.attach_as("later", format, Lines::One, 3).await;
        stage.emit(text("Hello")).await;
        stage.finish().await;
        let first = stage.far.taken("first");
        assert!(first.len() > before);
        assert_eq!(stage.far.taken("later"), first[before..], "{format:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_can_be_wound_back_while_its_post_is_in_flight() {
    let stage = stage(|_, _| (ms(50), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    sleep(ms(75)).await;
    stage.attach_as("c", Format::Agui, Lines::Many, 0).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.far.lines("c")), [1, 2, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_run_says_that_it_is_alive() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.attach_as("text", Format::Text, Lines::One, 0).await;
    stage.open().await;
    sleep(Duration::from_secs(31)).await;
    let alive = r#"{"type":"alive","runId":"r1","last":2}"#;
    assert_eq!(stage.far.taken("c")[2..], [alive, alive]);
    assert!(stage.far.taken("text").is_empty());
    stage.finish().await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.far.taken("c").len(), 5, "an ended run is not alive");
}
