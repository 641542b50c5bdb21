//! Batches, the end that is held back, the lease.

use std::time::Duration;

use longwire_core::event_batch::EventBatch;
use longwire_core::shape::Lines;
use longwire_protocol::event::{Event, RunOutcome};
use longwire_stream::settings::Settings;
use longwire_stream::sink::Stopped;
use tokio::time::{Instant, sleep};

use super::stage::{id, ms, numbers, run_finished, said, stage, stage_with, text};

fn owned(batch: &EventBatch) -> Vec<String> {
    batch.events.iter().map(|line| line.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_its_release_and_nothing_else_does() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    stage.speak("Hello").await;
    let batch = stage.sender.close(run_finished()).await.unwrap();
    assert_eq!((batch.first, batch.last), (1, 5));
    assert!(stage.sender.drained(Duration::from_secs(5)).await);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(stage.far.lines("c"), owned(&batch)[..4]);

    stage.emit(text("too late")).await;
    stage.sender.release().await.unwrap();
    assert!(stage.sender.drained(Duration::from_secs(5)).await);
    assert_eq!(stage.far.lines("c"), owned(&batch));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_was_not_committed_is_replaced() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    let first = stage.sender.batch().await.unwrap();
    stage.speak("Hello").await;
    let answered = stage.sender.close(run_finished()).await.unwrap();
    let cancelled = Event::RunFinished {
        thread_id: longwire_core::ids::ThreadId::trusted("t1"),
        run_id: longwire_core::ids::RunId::trusted("r1"),
        outcome: RunOutcome::Cancelled,
        usage: Vec::new(),
    };
    let ended = stage.sender.close(cancelled).await.unwrap();
    stage.sender.release().await.unwrap();
    assert!(stage.sender.drained(Duration::from_secs(5)).await);

    assert_eq!((ended.first, ended.last), (answered.first, answered.last));
    assert_eq!(ended.events[..2], answered.events[..2]);
    let all = [owned(&first), owned(&ended)].concat();
    assert_eq!(stage.far.lines("c"), all);
    assert!(all[4].contains("cancelled") && numbers(&all) == [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn what_an_uncommitted_end_wanted_to_log_stays_in_memory() {
    let settings = Settings {
        memory: 1_000,
        ..Settings::default()
    };
    let stage = stage_with(settings, |_, _| (ms(10), Ok(())));
    stage.emit(text("a".repeat(20_000))).await;
    let one = stage.sender.close(run_finished()).await.unwrap();
    sleep(ms(100)).await;
    let two = stage.sender.close(run_finished()).await.unwrap();
    assert_eq!(two.events.len(), 4);
    assert_eq!(one, two);
}

#[tokio::test(start_paused = true)]
async fn batches_hold_every_line_once() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.open().await;
    let one = stage.sender.batch().await.unwrap();
    let none = stage.sender.batch().await.unwrap();
    stage.speak("Hello").await;
    stage.emit(text(" world")).await;
    let two = stage.sender.batch().await.unwrap();
    stage.emit(text("!")).await;
    let three = stage.sender.close(run_finished()).await.unwrap();
    assert_eq!((none.first, none.last, none.events.len()), (3, 2, 0));
    let all = [owned(&one), owned(&two), owned(&three)].concat();
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5, 6]);
    assert_eq!(said(&all), "Hello world!");
    assert_eq!((two.first, two.last, three.first, three.last), (3, 4, 5, 6));
}

#[tokio::test(start_paused = true)]
async fn without_a_lease_nothing_is_posted() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    let lapse = Instant::now() + Duration::from_secs(6);
    stage.lease.send(lapse).unwrap();
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    sleep(ms(1_000)).await;
    assert_eq!(stage.far.lines("c").len(), 2);

    stage.speak("Hello").await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        stage.far.attempts().len(),
        1,
        "5 s before its end the lease is over"
    );

    stage
        .lease
        .send(Instant::now() + Duration::from_secs(45))
        .unwrap();
    stage.finish().await;
    assert_eq!(numbers(&stage.far.lines("c")), [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_sender_posts_nothing_more() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.attach("d", Lines::One).await;
    stage.open().await;
    sleep(ms(5)).await;
    stage.sender.stop().await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.far.attempts().len(), 2, "the second lines never left");
    assert_eq!(stage.sender.emit(text("x")).await, Err(Stopped));
    assert_eq!(stage.sender.batch().await, Err(Stopped));
    assert!(!stage.sender.drained(ms(10)).await);
    stage.sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_detached_gets_nothing_more() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    sleep(ms(5)).await;
    stage.sender.detach(id("c")).await.unwrap();
    stage.finish().await;
    assert_eq!(stage.far.attempts().len(), 1);
}
