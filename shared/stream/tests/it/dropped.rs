//! Futures of the sink that are dropped before they complete.

use futures::FutureExt;
use longwire_core::run::Cursor;
use longwire_core::shape::Lines;
use tokio::task::unconstrained;
use tokio::time::sleep;

use crate::stage::{Stage, id, ms, numbers, run_cancelled, run_finished, stage, text};

/// Emits until the channel is full. Returns the number of events.
fn fill_channel(stage: &Stage) -> u64 {
    let emit = || unconstrained(stage.sink.emit(text("a"))).now_or_never();
    std::iter::from_fn(emit).count() as u64
}

#[tokio::test(start_paused = true)]
async fn attach_dropped_while_the_channel_is_full_attaches_nothing() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    assert!(fill_channel(&stage) > 1);
    let attach = stage.sink.attach(id("c"), Cursor::default());
    assert!(unconstrained(attach).now_or_never().is_none());
    sleep(ms(100)).await;
    assert!(stage.sink.cursors().await.unwrap().is_empty());

    stage.attach("c", Lines::Many).await;
    stage.finish().await;
    assert_eq!(numbers(&stage.clients.lines("c")), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn emit_dropped_while_the_channel_is_full_emits_nothing() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.attach("c", Lines::Many).await;
    let emitted = fill_channel(&stage);
    let dropped = stage.sink.emit(text("b"));
    assert!(unconstrained(dropped).now_or_never().is_none());
    stage.finish().await;
    let lines = stage.clients.lines("c");
    let deltas = crate::stage::joined_deltas(&lines);
    assert_eq!(deltas, "a".repeat(usize::try_from(emitted).unwrap()));
}

#[tokio::test(start_paused = true)]
async fn batch_whose_future_is_dropped_is_part_of_the_next_batch() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.open().await;
    assert!(stage.sink.batch().now_or_never().is_none());
    sleep(ms(1)).await;
    let batch = stage.sink.batch().await.unwrap();
    assert_eq!((batch.first, batch.last), (1, 2));
    let batch = stage.sink.batch().await.unwrap();
    assert_eq!((batch.first, batch.last), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn close_whose_future_is_dropped_is_replaced_by_the_next_close() {
    let stage = stage(|_, _| (ms(10), Ok(())));
    stage.open().await;
    assert!(stage.sink.close(run_finished()).now_or_never().is_none());
    sleep(ms(1)).await;
    let batch = stage.sink.close(run_cancelled()).await.unwrap();
    assert_eq!((batch.first, batch.last), (1, 3));
    assert!(batch.events[2].contains("cancelled"));
}
