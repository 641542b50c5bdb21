//! Connections whose lines are not in memory: they come from the durable log, page by page.

use std::time::Duration;

use longwire_core::event_batch::EventBatch;
use longwire_core::run::{Cursor, RunStatus};
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_stream::event_log::EventLog;
use longwire_stream::settings::{Notice, Notices, Settings};
use longwire_stream::sink::EventSink;
use tokio::sync::watch;
use tokio::time::Instant;

use super::stage::{
    Far, Stage, Verdict, id, ms, numbers, run_finished, said, stage_with, text, text_start,
};
use longwire_core::ids::{ConnectionId, RunId, ThreadId};

fn small() -> Settings {
    Settings {
        memory: 10_000,
        ..Settings::default()
    }
}

fn slow_to(name: &'static str) -> impl Fn(&ConnectionId, usize) -> Verdict + Send + Sync {
    move |to, _| (ms(if *to == id(name) { 4_000 } else { 10 }), Ok(()))
}

/// Serves wishes out of `log`, `page` lines at a time, until the sender has nothing to send.
async fn serve(
    sender: &EventSink,
    notices: &mut Notices,
    log: &EventBatch,
    page: usize,
) -> Vec<u64> {
    let mut wishes = Vec::new();
    let drained = sender.drained(Duration::from_secs(600));
    tokio::pin!(drained);
    loop {
        tokio::select! {
            all = &mut drained => {
                assert!(all);
                return wishes;
            }
            Some(notice) = notices.recv() => {
                let Notice::Wants(connection, after) = notice else {
                    panic!("nobody is given up: {notice:?}")
                };
                wishes.push(after);
                let skip = usize::try_from(after + 1 - log.first).unwrap();
                let lines: Vec<_> = log.events.iter().skip(skip).take(page).cloned().collect();
                let last = after + lines.len() as u64;
                let batch = EventBatch { first: after + 1, last, events: lines };
                sender.fill(connection, Some(batch)).await.unwrap();
            }
        }
    }
}

/// A run of many lines that ended and is in the durable log; who asks for it is served from there.
fn ended(lines: u64) -> (EventSink, Notices, Far, EventBatch) {
    let line = |seq: u64| {
        let line = format!(
            r#"{{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"{seq} ","metadata":{{"lw.seq":{seq},"lw.run":"r1"}}}}"#
        );
        line.into()
    };
    let log = EventBatch {
        first: 1,
        last: lines,
        events: (1..=lines).map(line).collect(),
    };
    let far = Far::default();
    let (_, lease) = watch::channel(Instant::now() + Duration::from_secs(3600));
    let (thread, run) = (ThreadId::trusted("t1"), RunId::trusted("r1"));
    let of = EventLog::ended(thread, run, lines, RunStatus::Finished);
    let post = far.post(|_, _| (ms(10), Ok(())));
    let (sender, notices) = longwire_stream::spawn(Settings::default(), post, lease, of);
    (sender, notices, far, log)
}

fn asked(after: u64, format: Format) -> Cursor {
    let lines = Lines::Many;
    Cursor {
        requested_at: 1_763_681_477_123,
        ..Cursor::new(after, Shape { format, lines })
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_falls_behind_the_memory_goes_on_from_the_log() {
    let mut stage: Stage = stage_with(small(), slow_to("slow"));
    stage.attach("slow", Lines::One).await;
    stage.attach("fast", Lines::One).await;
    stage.open().await;
    stage.emit(text_start()).await;
    stage.emit(text("a".repeat(20_000))).await;
    tokio::time::sleep(ms(500)).await;
    assert!(stage.notices.try_recv().is_err(), "unlogged lines stay");
    let log = stage.sender.batch().await.unwrap();
    assert_eq!((log.first, log.last), (1, 6));
    stage.sender.close(run_finished()).await.unwrap();
    stage.sender.release().await.unwrap();
    let wishes = serve(&stage.sender, &mut stage.notices, &log, 2).await;
    assert!(!wishes.is_empty(), "memory was too small");
    for name in ["slow", "fast"] {
        assert_eq!(
            numbers(&stage.far.lines(name)),
            [1, 2, 3, 4, 5, 6, 7],
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_lines_come_in_full_frames_before_the_word_that_they_came() {
    let (sender, mut notices, far, log) = ended(10_000);
    let cursor = asked(4, Format::Agui);
    sender.attach(id("c"), cursor).await.unwrap();
    let wishes = serve(&sender, &mut notices, &log, 1_500).await;
    assert_eq!(wishes.len(), 7);
    let frames = far.taken("c");
    assert!(frames.iter().all(|frame| frame.len() <= MAX_FRAME_BYTES));
    assert!(frames.len() < 60, "{} frames", frames.len());
    let mut lines = far.lines("c");
    let resumed = r#"{"type":"resumed","threadId":"t1","runId":"r1","after":4,"last":10000,"status":"finished"}"#;
    assert_eq!(lines.pop().as_deref(), Some(resumed));
    assert_eq!(numbers(&lines), (5..=10_000).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn other_shapes_are_replayed_too() {
    let (sender, mut notices, far, log) = ended(50);
    sender
        .attach(id("c"), asked(0, Format::Text))
        .await
        .unwrap();
    serve(&sender, &mut notices, &log, 20).await;
    let words: Vec<String> = (1..=50).map(|seq| format!("{seq} ")).collect();
    assert_eq!(far.taken("c"), words, "and no control line");
}

#[tokio::test(start_paused = true)]
async fn without_its_page_a_connection_is_given_up() {
    let (sender, mut notices, _, _) = ended(50);
    sender
        .attach(id("c"), asked(0, Format::Agui))
        .await
        .unwrap();
    assert_eq!(notices.recv().await, Some(Notice::Wants(id("c"), 0)));
    sender.fill(id("c"), None).await.unwrap();
    assert_eq!(notices.recv().await, Some(Notice::Stuck(id("c"))));
    assert!(sender.drained(Duration::from_secs(1)).await);
}

#[tokio::test(start_paused = true)]
async fn who_lacks_nothing_hears_so_at_once() {
    let mut stage = stage_with(Settings::default(), |_, _| (ms(10), Ok(())));
    stage.open().await;
    stage
        .sender
        .attach(id("c"), asked(2, Format::Agui))
        .await
        .unwrap();
    stage.speak("Hey").await;
    stage.finish().await;
    let lines = stage.far.lines("c");
    let resumed =
        r#"{"type":"resumed","threadId":"t1","runId":"r1","after":2,"last":2,"status":"running"}"#;
    assert_eq!(lines[0], resumed);
    assert_eq!(said(&lines), "Hey");
    assert!(stage.notices.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_wound_back_gets_every_line_again_and_stands_where_it_took_them() {
    let stage = stage_with(Settings::default(), |_, _| (ms(100), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    stage.speak("Hey").await;
    tokio::time::sleep(ms(150)).await;
    stage
        .sender
        .attach(id("c"), asked(1, Format::Agui))
        .await
        .unwrap();
    let place = stage.sender.cursors().await.unwrap()[&id("c")];
    assert_eq!(
        (place.after, place.requested_at > 0),
        (1, true),
        "it waits for `resumed`"
    );
    stage.finish().await;
    let place = stage.sender.cursors().await.unwrap()[&id("c")];
    assert_eq!((place.after, place.requested_at), (5, 0));
    let lines = stage.far.lines("c");
    let at = lines
        .iter()
        .position(|line| line.contains("resumed"))
        .unwrap();
    assert_eq!(numbers(&lines[at - 3..at]), [2, 3, 4], "{lines:?}");
}
