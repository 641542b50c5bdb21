//! The figures of speed, on a paused clock.

use std::time::Duration;

use longwire_core::shape::Lines;
use tokio::time::{Instant, sleep, sleep_until};

use super::stage::{Attempt, Stage, ms, numbers, said, stage};

/// Every delta is so long, so that one can tell from the text that arrived which deltas did.
const DELTA: usize = 5;

/// Plays `count` deltas, one every `gap`, to one connection whose posts take `trip`; the model takes 300 ms
/// to begin. Returns the stage and when each delta was emitted.
async fn play(lines: Lines, trip: Duration, gap: Duration, count: usize) -> (Stage, Vec<Instant>) {
    let stage = stage(move |_, _| (trip, Ok(())));
    stage.attach("c", lines).await;
    stage.open().await;
    let first = Instant::now() + ms(300);
    let mut emitted = Vec::new();
    for nth in 0..count {
        sleep_until(first + gap * u32::try_from(nth).unwrap()).await;
        emitted.push(Instant::now());
        let delta = format!("{nth:04} ");
        match nth {
            0 => stage.speak(&delta).await,
            _ => stage.emit(super::stage::text(delta)).await,
        }
    }
    stage.finish().await;
    (stage, emitted)
}

/// From a delta's emission to the answer to its post.
fn lags(stage: &Stage, emitted: &[Instant]) -> Vec<Duration> {
    let mut lags = Vec::new();
    for Attempt { landed, text, .. } in stage.far.attempts() {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let deltas = said(&lines).len() / DELTA;
        let (at, _) = landed.unwrap();
        lags.extend(
            (0..deltas)
                .map(|nth| at - emitted[lags.len() + nth])
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(lags.len(), emitted.len(), "every delta arrived once");
    lags.sort();
    lags
}

fn p99(lags: &[Duration]) -> Duration {
    lags[(lags.len() * 99).div_ceil(100) - 1]
}

#[tokio::test(start_paused = true)]
async fn many_deltas_need_few_posts_and_hardly_wait() {
    for lines in [Lines::Many, Lines::One] {
        let (stage, emitted) = play(lines, ms(25), ms(5), 300).await;
        let (posts, lags) = (stage.far.attempts().len(), lags(&stage, &emitted));
        assert!(posts <= 60, "{lines:?}: {posts} posts");
        assert!(p99(&lags) <= ms(60), "{lines:?}: p99 {:?}", p99(&lags));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_the_posts_keep_up_with_waits_for_no_window() {
    let (stage, emitted) = play(Lines::Many, ms(10), ms(20), 100).await;
    let lags = lags(&stage, &emitted);
    assert_eq!((lags[0], lags[lags.len() - 1]), (ms(10), ms(10)));
}

#[tokio::test(start_paused = true)]
async fn the_typical_rate_at_a_slow_connection_waits_a_window_and_a_trip_at_most() {
    let (stage, emitted) = play(Lines::Many, ms(25), Duration::from_micros(22_222), 100).await;
    let lags = lags(&stage, &emitted);
    assert!(p99(&lags) <= ms(33 + 25), "{:?}", p99(&lags));
}

#[tokio::test(start_paused = true)]
async fn stress_costs_no_more_lag_than_the_target() {
    let (stage, emitted) = play(Lines::Many, ms(25), Duration::from_micros(1_667), 900).await;
    let lags = lags(&stage, &emitted);
    assert!(p99(&lags) <= ms(60), "{:?}", p99(&lags));
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_at_most_three_posts() {
    let stage = stage(|_, _| (ms(25), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    sleep(Duration::from_secs(5)).await;
    let before = stage.far.attempts().len();
    stage.emit(super::stage::text_start()).await;
    for nth in 0..75 {
        stage.emit(super::stage::text(format!("{nth:04} "))).await;
    }
    assert!(stage.sender.drained(Duration::from_secs(1)).await);
    let posts = stage.far.attempts().len() - before;
    assert!(posts <= 3, "{posts} posts");
    assert_eq!(said(&stage.far.lines("c")).len(), 75 * DELTA);
}

#[tokio::test(start_paused = true)]
async fn the_first_delta_is_behind_no_other_post() {
    let stage = stage(|_, _| (ms(25), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    sleep(ms(26)).await;
    let spoken = Instant::now();
    stage.speak("0000 ").await;
    assert!(stage.sender.drained(Duration::from_secs(1)).await);

    let attempts = stage.far.attempts();
    let frames: Vec<_> = attempts.iter().map(|a| numbers(&split(a))).collect();
    assert_eq!(frames, [vec![1, 2], vec![3, 4]]);
    assert_eq!(attempts[1].started, spoken);
}

fn split(attempt: &Attempt) -> Vec<String> {
    attempt.text.split('\n').map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_no_delta_waits_for_no_window() {
    let stage = fast_text().await;
    let ended = Instant::now();
    stage.emit(super::stage::text("last")).await;
    stage.emit(super::stage::text_end()).await;
    assert!(stage.sender.drained(Duration::from_secs(1)).await);
    assert_eq!(ended.elapsed(), ms(25));
}

#[tokio::test(start_paused = true)]
async fn a_delta_alone_waits_for_the_window() {
    let stage = fast_text().await;
    let emitted = Instant::now();
    stage.emit(super::stage::text("last")).await;
    assert!(stage.sender.drained(Duration::from_secs(1)).await);
    assert_eq!(emitted.elapsed(), ms(33 + 25));
}

/// A text that comes too fast for the connection's posts, all of it sent.
async fn fast_text() -> Stage {
    let stage = stage(|_, _| (ms(25), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.speak("0000 ").await;
    for _ in 0..50 {
        sleep(ms(5)).await;
        stage.emit(super::stage::text("0000 ")).await;
    }
    assert!(stage.sender.drained(Duration::from_secs(1)).await);
    stage
}
