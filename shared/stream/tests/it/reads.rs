//! Subscribers whose events are no longer in memory: pages of the durable log.

use std::time::Duration;

use longwire_core::ids::ConnectionId;
use longwire_core::shape::{Format, Lines};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_stream::notice::Notice;
use longwire_stream::read::ReadError;
use longwire_stream::settings::Settings;
use tokio::time::{Instant, sleep};

use crate::clients::PostOutcome;
use crate::durable_log::{DurableLog, ReadOutcome};
use crate::stage::{
    Stage, ended_stage, id, joined_deltas, ms, numbers, run_finished, stage, stage_with_log, text,
    text_start,
};

const HANGING: Duration = Duration::from_secs(3600);

fn little_memory() -> Settings {
    Settings {
        memory: 10_000,
        ..Settings::default()
    }
}

fn slow_to(name: &'static str) -> impl Fn(&ConnectionId, usize) -> PostOutcome + Send + Sync {
    move |to, _| (ms(if *to == id(name) { 4_000 } else { 10 }), Ok(()))
}

fn immediate(_: usize) -> ReadOutcome {
    (ms(5), Ok(()))
}

fn failure() -> ReadOutcome {
    (ms(5), Err(ReadError("throttled".to_owned())))
}

/// Plays six events, more than memory has room for, to a fast and a slow client, and hands them over in a batch.
async fn play(stage: &mut Stage) -> Vec<std::sync::Arc<str>> {
    stage.attach("slow", Lines::One).await;
    stage.attach("fast", Lines::One).await;
    stage.open().await;
    stage.emit(text_start()).await;
    stage.emit(text("a".repeat(20_000))).await;
    sleep(ms(500)).await;
    let batch = stage.sink.batch().await.unwrap();
    assert_eq!((batch.first, batch.last), (1, 6));
    batch.events
}

#[tokio::test(start_paused = true)]
async fn subscriber_behind_memory_continues_from_the_durable_log() {
    let durable = DurableLog::default();
    let mut stage = stage_with_log(little_memory(), &durable, 2, slow_to("slow"));
    let events = play(&mut stage).await;
    assert_eq!(
        durable.reads().len(),
        0,
        "events without a batch stay in memory"
    );
    durable.append(events);
    stage.finish().await;
    assert!(!durable.reads().is_empty(), "memory was too small");
    for name in ["slow", "fast"] {
        let got = numbers(&stage.clients.lines(name));
        assert_eq!(got, [1, 2, 3, 4, 5, 6, 7], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_are_not_written_yet_are_read_again() {
    let durable = DurableLog::default();
    let mut stage = stage_with_log(little_memory(), &durable, 2, slow_to("slow"));
    let events = play(&mut stage).await;
    sleep(Duration::from_secs(10)).await;
    assert!(durable.reads().len() > 1);
    durable.append(events);
    stage.finish().await;
    let got = numbers(&stage.clients.lines("slow"));
    assert_eq!(got, [1, 2, 3, 4, 5, 6, 7]);
    assert!(stage.notices.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn last_event_in_a_page_is_held_back_until_its_release() {
    let durable = DurableLog::default();
    let settings = little_memory();
    let mut stage = stage_with_log(settings, &durable, 100, |_, _| (ms(10), Ok(())));
    let events = play(&mut stage).await;
    durable.append(events);
    let end = stage.sink.close(run_finished()).await.unwrap();
    durable.append(end.events);
    stage.attach("late", Lines::Many).await;
    stage.drain().await;
    assert_eq!(durable.reads().len(), 1, "one page contains every event");
    assert_eq!(numbers(&stage.clients.lines("late")), [1, 2, 3, 4, 5, 6]);
    stage.sink.release().await.unwrap();
    stage.drain().await;
    assert_eq!(numbers(&stage.clients.lines("late")), [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test(start_paused = true)]
async fn replay_of_ten_thousand_events_fills_frames_and_ends_with_resumed() {
    let durable = DurableLog::of_deltas(10_000);
    let stage = ended_stage(10_000, &durable, 1_500, immediate);
    stage.resume("c", Format::Agui, 4).await;
    stage.drain().await;
    assert_eq!(durable.reads().len(), 7);
    let frames = stage.clients.frames("c");
    assert!(frames.iter().all(|frame| frame.len() <= MAX_FRAME_BYTES));
    assert!(frames.len() < 60, "{} frames", frames.len());
    let mut lines = stage.clients.lines("c");
    let resumed = r#"{"type":"resumed","threadId":"t1","runId":"r1","after":4,"last":10000,"status":"finished"}"#;
    assert_eq!(lines.pop().as_deref(), Some(resumed));
    assert_eq!(numbers(&lines), (5..=10_000).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn replay_in_another_format_has_no_resumed() {
    let durable = DurableLog::of_deltas(50);
    let stage = ended_stage(50, &durable, 20, immediate);
    stage.resume("c", Format::Text, 0).await;
    stage.drain().await;
    let deltas: Vec<String> = (1..=50).map(|seq| format!("{seq} ")).collect();
    assert_eq!(stage.clients.frames("c"), deltas);
}

#[tokio::test(start_paused = true)]
async fn subscriber_is_given_up_at_once_when_the_log_does_not_have_its_events() {
    let mut stage = ended_stage(50, &DurableLog::default(), 20, immediate);
    let begun = Instant::now();
    stage.resume("c", Format::Agui, 0).await;
    assert_eq!(stage.notices.recv().await, Some(Notice::Stuck(id("c"))));
    assert_eq!(begun.elapsed(), ms(5));
    stage.drain().await;
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_twice_is_tried_again() {
    let durable = DurableLog::of_deltas(50);
    let mut stage = ended_stage(50, &durable, 20, |nth| match nth {
        1 | 2 => failure(),
        _ => immediate(nth),
    });
    stage.resume("c", Format::Agui, 0).await;
    stage.drain().await;
    assert!(stage.notices.try_recv().is_err());
    let after: Vec<_> = durable.reads().iter().map(|read| read.after).collect();
    assert_eq!(after, [0, 20, 20, 20, 40]);
    let lines = stage.clients.lines("c");
    assert_eq!(numbers(&lines[..50]), (1..=50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn subscriber_whose_reads_fail_for_thirty_seconds_is_given_up() {
    let durable = DurableLog::of_deltas(50);
    let mut stage = ended_stage(50, &durable, 20, |_| failure());
    let begun = Instant::now();
    stage.resume("c", Format::Agui, 0).await;
    assert_eq!(stage.notices.recv().await, Some(Notice::Stuck(id("c"))));
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    let reads = durable.reads().len();
    assert!((6..60).contains(&reads), "{reads} reads");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(durable.reads().len(), reads);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_hangs_is_dropped_after_five_seconds_and_tried_again() {
    let durable = DurableLog::of_deltas(50);
    let stage = ended_stage(50, &durable, 100, |nth| match nth {
        0 => (HANGING, Ok(())),
        _ => immediate(nth),
    });
    stage.resume("c", Format::Agui, 0).await;
    stage.drain().await;
    let reads = durable.reads();
    assert_eq!(reads.len(), 2);
    let pause = reads[1].started - reads[0].started - Duration::from_secs(5);
    assert!(pause <= ms(101), "{pause:?}");
    assert_eq!(stage.clients.lines("c").len(), 51);
}

#[tokio::test(start_paused = true)]
async fn detaching_drops_the_read_in_flight() {
    let durable = DurableLog::of_deltas(50);
    let mut stage = ended_stage(50, &durable, 100, |_| (HANGING, Ok(())));
    stage.resume("c", Format::Agui, 0).await;
    sleep(ms(1)).await;
    assert!(durable.reads()[0].in_flight);
    stage.sink.detach(id("c")).await.unwrap();
    stage.drain().await;
    assert!(!durable.reads()[0].in_flight);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(durable.reads().len(), 1);
    assert!(stage.notices.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn moving_a_subscriber_drops_its_read_in_flight() {
    let durable = DurableLog::of_deltas(50);
    let stage = ended_stage(50, &durable, 100, |nth| match nth {
        0 => (HANGING, Ok(())),
        _ => immediate(nth),
    });
    stage.resume("c", Format::Agui, 0).await;
    sleep(ms(1)).await;
    let moved = Instant::now();
    stage.resume("c", Format::Agui, 40).await;
    stage.drain().await;
    let reads = durable.reads();
    assert!(!reads[0].in_flight);
    assert_eq!(
        (reads.len(), reads[1].after, reads[1].started),
        (2, 40, moved)
    );
    let mut lines = stage.clients.lines("c");
    assert!(lines.pop().unwrap().contains(r#""after":40"#));
    assert_eq!(numbers(&lines), (41..=50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn resume_without_missing_events_answers_immediately() {
    let mut stage = stage(|_, _| (ms(10), Ok(())));
    stage.open().await;
    stage.resume("c", Format::Agui, 2).await;
    stage.start_text("Hey").await;
    stage.finish().await;
    let lines = stage.clients.lines("c");
    let resumed =
        r#"{"type":"resumed","threadId":"t1","runId":"r1","after":2,"last":2,"status":"running"}"#;
    assert_eq!(lines[0], resumed);
    assert_eq!(joined_deltas(&lines[1..]), "Hey");
    assert!(stage.notices.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn subscriber_that_has_the_open_delta_gets_later_deltas_as_the_next_event() {
    for after in [4, 9] {
        let stage = stage(|_, _| (ms(10), Ok(())));
        stage.open().await;
        stage.start_text("Hello").await;
        stage.attach_as("c", Format::Agui, Lines::Many, after).await;
        stage.emit(text(" world")).await;
        stage.finish().await;
        let lines = stage.clients.lines("c");
        assert_eq!(numbers(&lines), [5, 6], "{after}");
        assert_eq!(joined_deltas(&lines), " world", "{after}");
    }
}

#[tokio::test(start_paused = true)]
async fn moved_subscriber_gets_its_events_again_and_its_cursor_follows() {
    let stage = stage(|_, _| (ms(100), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    stage.start_text("Hey").await;
    sleep(ms(150)).await;
    stage.resume("c", Format::Agui, 1).await;
    let cursor = stage.sink.cursors().await.unwrap()[&id("c")];
    assert_eq!(
        (cursor.after, cursor.requested_at > 0),
        (1, true),
        "`resumed` is pending"
    );
    stage.finish().await;
    let cursor = stage.sink.cursors().await.unwrap()[&id("c")];
    assert_eq!((cursor.after, cursor.requested_at), (5, 0));
    let lines = stage.clients.lines("c");
    let resumed = lines.iter().position(|line| line.contains("resumed"));
    let resumed = resumed.unwrap();
    assert_eq!(
        numbers(&lines[resumed - 3..resumed]),
        [2, 3, 4],
        "{lines:?}"
    );
}
