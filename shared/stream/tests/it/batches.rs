//! Batches, the last event that is held back, the lease, stop and detach.

use std::time::Duration;

use longwire_core::event_batch::EventBatch;
use longwire_core::shape::Lines;
use longwire_stream::settings::Settings;
use longwire_stream::sink::Stopped;
use tokio::time::{Instant, sleep};

use crate::stage::{
    id, joined_deltas, ms, numbers, run_cancelled, run_finished, stage, stage_with, text,
};

fn strings(batch: &EventBatch) -> Vec<String> {
    batch.events.iter().map(|event| event.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn last_event_waits_for_its_release_and_no_other_event_does() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    stage.start_text("Hello").await;
    let batch = stage.sink.close(run_finished()).await.unwrap();
    assert_eq!((batch.first, batch.last), (1, 5));
    assert!(stage.sink.drained(Duration::from_secs(5)).await);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(stage.clients.lines("c"), strings(&batch)[..4]);

    stage.emit(text("too late")).await;
    stage.sink.release().await.unwrap();
    assert!(stage.sink.drained(Duration::from_secs(5)).await);
    assert_eq!(stage.clients.lines("c"), strings(&batch));
}

#[tokio::test(start_paused = true)]
async fn last_event_that_was_not_committed_is_replaced() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    let first = stage.sink.batch().await.unwrap();
    stage.start_text("Hello").await;
    let answered = stage.sink.close(run_finished()).await.unwrap();
    let ended = stage.sink.close(run_cancelled()).await.unwrap();
    stage.sink.release().await.unwrap();
    assert!(stage.sink.drained(Duration::from_secs(5)).await);

    assert_eq!((ended.first, ended.last), (answered.first, answered.last));
    assert_eq!(ended.events[..2], answered.events[..2]);
    let all = [strings(&first), strings(&ended)].concat();
    assert_eq!(stage.clients.lines("c"), all);
    assert!(all[4].contains("cancelled") && numbers(&all) == [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_instead_of_its_end_numbers_its_next_event_in_place_of_the_last_one() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    let ended = stage.sink.close(run_finished()).await.unwrap();
    stage.sink.reopen().await.unwrap();
    let step = stage.sink.batch().await.unwrap();
    stage.start_text("Hello").await;
    let last = stage.sink.close(run_finished()).await.unwrap();
    stage.sink.release().await.unwrap();
    assert!(stage.sink.drained(Duration::from_secs(5)).await);

    assert_eq!(strings(&step), strings(&ended)[..2]);
    let all = [strings(&step), strings(&last)].concat();
    assert_eq!(stage.clients.lines("c"), all);
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn events_of_an_uncommitted_close_stay_in_memory() {
    let settings = Settings {
        memory: 1_000,
        ..Settings::default()
    };
    let stage = stage_with(settings, |_, _| (ms(10), Ok(())));
    stage.emit(text("a".repeat(20_000))).await;
    let one = stage.sink.close(run_finished()).await.unwrap();
    sleep(ms(100)).await;
    let two = stage.sink.close(run_finished()).await.unwrap();
    assert_eq!(two.events.len(), 4);
    assert_eq!(one, two);
}

#[tokio::test(start_paused = true)]
async fn batches_contain_every_event_once() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.open().await;
    let one = stage.sink.batch().await.unwrap();
    let none = stage.sink.batch().await.unwrap();
    stage.start_text("Hello").await;
    stage.emit(text(" world")).await;
    let two = stage.sink.batch().await.unwrap();
    stage.emit(text("!")).await;
    let three = stage.sink.close(run_finished()).await.unwrap();
    assert_eq!((none.first, none.last, none.events.len()), (3, 2, 0));
    let all = [strings(&one), strings(&two), strings(&three)].concat();
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5, 6]);
    assert_eq!(joined_deltas(&all), "Hello world!");
    assert_eq!((two.first, two.last, three.first, three.last), (3, 4, 5, 6));
}

#[tokio::test(start_paused = true)]
async fn no_post_starts_without_a_valid_lease() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    let expiry = Instant::now() + Duration::from_secs(6);
    stage.lease.send(expiry).unwrap();
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    sleep(ms(1_000)).await;
    assert_eq!(stage.clients.lines("c").len(), 2);

    stage.start_text("Hello").await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        stage.clients.attempts().len(),
        1,
        "no post starts in the last 5 s of the lease"
    );

    stage
        .lease
        .send(Instant::now() + Duration::from_secs(45))
        .unwrap();
    stage.finish().await;
    assert_eq!(numbers(&stage.clients.lines("c")), [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn stopped_dispatcher_posts_nothing_more() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.attach("d", Lines::One).await;
    stage.open().await;
    sleep(ms(5)).await;
    stage.sink.stop().await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        stage.clients.attempts().len(),
        2,
        "the second events were never posted"
    );
    assert_eq!(stage.sink.emit(text("x")).await, Err(Stopped));
    assert_eq!(stage.sink.batch().await, Err(Stopped));
    assert!(!stage.sink.drained(ms(10)).await);
    stage.sink.stop().await;
}

#[tokio::test(start_paused = true)]
async fn detached_subscriber_gets_nothing_more() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    sleep(ms(5)).await;
    stage.sink.detach(id("c")).await.unwrap();
    stage.finish().await;
    assert_eq!(stage.clients.attempts().len(), 1);
}
