//! Figures of posts and lag, on a paused clock.

use std::time::Duration;

use longwire_core::shape::Lines;
use longwire_stream::post::PostError;
use longwire_stream::settings::Settings;
use tokio::time::{Instant, sleep, sleep_until};

use crate::clients::Attempt;
use crate::stage::{
    Stage, joined_deltas, ms, numbers, run_finished, stage, stage_with, text, text_end, text_start,
};

/// Length of every delta, so that the length of the text that arrived tells which deltas did.
const DELTA: usize = 5;

/// Plays `count` deltas, one every `gap`, to one connection whose posts take `trip`; the first one after 300 ms.
/// Returns the stage and the time of each delta.
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
            0 => stage.start_text(&delta).await,
            _ => stage.emit(text(delta)).await,
        }
    }
    stage.finish().await;
    (stage, emitted)
}

/// Times from the emission of each delta to the answer to its post, sorted.
fn lags(stage: &Stage, emitted: &[Instant]) -> Vec<Duration> {
    let mut lags = Vec::new();
    for Attempt { answered, text, .. } in stage.clients.attempts() {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let deltas = joined_deltas(&lines).len() / DELTA;
        let (at, _) = answered.unwrap();
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
async fn many_deltas_at_a_slow_connection_need_few_posts_and_have_little_lag() {
    for lines in [Lines::Many, Lines::One] {
        let (stage, emitted) = play(lines, ms(25), ms(5), 300).await;
        let (posts, lags) = (stage.clients.attempts().len(), lags(&stage, &emitted));
        assert!(posts <= 60, "{lines:?}: {posts} posts");
        assert!(p99(&lags) <= ms(60), "{lines:?}: p99 {:?}", p99(&lags));
    }
}

#[tokio::test(start_paused = true)]
async fn no_delta_waits_while_posts_keep_up_with_the_rate() {
    let (stage, emitted) = play(Lines::Many, ms(10), ms(20), 100).await;
    let lags = lags(&stage, &emitted);
    assert_eq!((lags[0], lags[lags.len() - 1]), (ms(10), ms(10)));
}

#[tokio::test(start_paused = true)]
async fn typical_rate_at_a_slow_connection_has_a_lag_of_one_window_and_one_trip_at_most() {
    let (stage, emitted) = play(Lines::Many, ms(25), Duration::from_micros(22_222), 100).await;
    let lags = lags(&stage, &emitted);
    // The next delta comes after 22 ms; no other one would share its post.
    assert!(p99(&lags) <= ms(27 + 25), "{:?}", p99(&lags));
    assert!(stage.clients.attempts().len() <= 58);
}

#[tokio::test(start_paused = true)]
async fn without_coalescing_each_delta_is_a_post() {
    let settings = Settings {
        coalesce: false,
        min_post_interval: Duration::ZERO,
        window: Duration::ZERO,
        ..Settings::default()
    };
    let stage = stage_with(settings, |_, _| (ms(25), Ok(())));
    stage.attach("c", Lines::One).await;
    stage.start_text("0000 ").await;
    for _ in 0..20 {
        stage.emit(text("0000 ")).await;
    }
    assert!(stage.sink.drained(Duration::from_secs(1)).await);
    assert_eq!(stage.clients.attempts().len(), 1 + 21);
}

#[tokio::test(start_paused = true)]
async fn six_hundred_deltas_a_second_keep_the_lag_below_the_target() {
    let (stage, emitted) = play(Lines::Many, ms(25), Duration::from_micros(1_667), 900).await;
    let lags = lags(&stage, &emitted);
    assert!(p99(&lags) <= ms(60), "{:?}", p99(&lags));
}

#[tokio::test(start_paused = true)]
async fn fast_connection_does_not_get_one_post_per_delta() {
    for lines in [Lines::Many, Lines::One] {
        let (stage, emitted) = play(lines, ms(1), ms(5), 300).await;
        let (posts, lags) = (stage.clients.attempts().len(), lags(&stage, &emitted));
        assert!(posts <= 100, "{lines:?}: {posts} posts");
        assert!(p99(&lags) <= ms(18), "{lines:?}: p99 {:?}", p99(&lags));
    }
}

#[tokio::test(start_paused = true)]
async fn burst_of_deltas_needs_at_most_three_posts() {
    for trip in [ms(1), ms(25)] {
        let stage = stage(move |_, _| (trip, Ok(())));
        stage.attach("c", Lines::Many).await;
        stage.open().await;
        sleep(Duration::from_secs(5)).await;
        let before = stage.clients.attempts().len();
        stage.emit(text_start()).await;
        for nth in 0..75 {
            stage.emit(text(format!("{nth:04} "))).await;
        }
        assert!(stage.sink.drained(Duration::from_secs(1)).await);
        let posts = stage.clients.attempts().len() - before;
        assert!(posts <= 3, "{trip:?}: {posts} posts");
        assert_eq!(joined_deltas(&stage.clients.lines("c")).len(), 75 * DELTA);
    }
}

#[tokio::test(start_paused = true)]
async fn posts_start_at_least_the_minimum_interval_apart_except_the_first() {
    let stage = stage(|_, _| (ms(1), Ok(())));
    stage.attach("c", Lines::One).await;
    let begun = Instant::now();
    stage.open().await;
    stage.start_text("0000 ").await;
    stage.finish().await;
    assert_eq!(
        starts(&stage, "c"),
        [0, 16, 32, 48, 64].map(|at| begun + ms(at))
    );
}

#[tokio::test(start_paused = true)]
async fn posts_of_a_moved_subscriber_keep_the_minimum_interval() {
    let stage = stage(|_, _| (ms(1), Ok(())));
    stage.attach("c", Lines::Many).await;
    let begun = Instant::now();
    stage.open().await;
    sleep(ms(5)).await;
    stage.attach("c", Lines::Many).await;
    stage.drain().await;
    assert_eq!(starts(&stage, "c"), [0, 16].map(|at| begun + ms(at)));
}

#[tokio::test(start_paused = true)]
async fn retries_keep_the_minimum_interval() {
    let stage = stage(|_, nth| match nth {
        0..3 => (ms(1), Err(PostError::Slow)),
        _ => (ms(1), Ok(())),
    });
    let names: Vec<_> = (0..40).map(|nth| format!("c{nth}")).collect();
    for name in &names {
        stage.attach(name, Lines::Many).await;
    }
    stage.open().await;
    stage.drain().await;
    for name in &names {
        let starts = starts(&stage, name);
        assert_eq!(starts.len(), 4);
        for (start, next) in starts.iter().zip(&starts[1..]) {
            assert!(*next - *start >= ms(16), "{:?}", *next - *start);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_minimum_interval_posts_follow_each_other() {
    let settings = Settings {
        min_post_interval: Duration::ZERO,
        ..Settings::default()
    };
    let stage = stage_with(settings, |_, _| (ms(1), Ok(())));
    stage.attach("c", Lines::One).await;
    let begun = Instant::now();
    stage.open().await;
    stage.finish().await;
    assert_eq!(starts(&stage, "c"), [0, 1, 2].map(|at| begun + ms(at)));
}

/// Starts of the posts to a connection.
fn starts(stage: &Stage, name: &str) -> Vec<Instant> {
    let attempts = stage.clients.attempts_to(name).into_iter();
    attempts.map(|attempt| attempt.started).collect()
}

#[tokio::test(start_paused = true)]
async fn first_delta_waits_for_no_other_post() {
    let stage = stage(|_, _| (ms(25), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.open().await;
    sleep(ms(26)).await;
    let emitted = Instant::now();
    stage.start_text("0000 ").await;
    assert!(stage.sink.drained(Duration::from_secs(1)).await);

    let attempts = stage.clients.attempts();
    let frames: Vec<_> = attempts.iter().map(|a| numbers(&split(a))).collect();
    assert_eq!(frames, [vec![1, 2], vec![3, 4]]);
    assert_eq!(attempts[1].started, emitted);
}

fn split(attempt: &Attempt) -> Vec<String> {
    attempt.text.split('\n').map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn end_of_a_text_waits_for_half_a_round_trip_and_not_for_the_window() {
    let stage = play_fast_text().await;
    let ended = Instant::now();
    stage.emit(text("last")).await;
    stage.emit(text_end()).await;
    assert!(stage.sink.drained(Duration::from_secs(1)).await);
    let elapsed = ended.elapsed();
    assert!(
        (ms(12 + 25)..=ms(13 + 25)).contains(&elapsed),
        "{elapsed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn end_of_a_run_shares_the_post_of_the_last_text() {
    let stage = play_fast_text().await;
    let (ended, before) = (Instant::now(), stage.clients.attempts().len());
    stage.emit(text("last")).await;
    stage.emit(text_end()).await;
    let closed = async {
        stage.sink.close(run_finished()).await.unwrap();
        // Two round trips to the table.
        sleep(ms(8)).await;
        stage.sink.release().await.unwrap();
    };
    closed.await;
    stage.drain().await;
    assert_eq!(stage.clients.attempts().len() - before, 1);
    assert_eq!(ended.elapsed(), ms(8 + 25));
}

#[tokio::test(start_paused = true)]
async fn other_event_waits_for_nothing() {
    let stage = play_fast_text().await;
    let ended = Instant::now();
    stage.emit(text("last")).await;
    stage.emit(text_end()).await;
    stage.emit(text_start()).await;
    assert!(stage.sink.drained(Duration::from_secs(1)).await);
    assert_eq!(ended.elapsed(), ms(25));
}

#[tokio::test(start_paused = true)]
async fn delta_at_a_high_rate_waits_for_those_that_are_due_within_the_window() {
    let stage = play_fast_text().await;
    let emitted = Instant::now();
    stage.emit(text("last")).await;
    assert!(stage.sink.drained(Duration::from_secs(1)).await);
    // Six more are due within 33 ms, the last of them after 30 ms.
    let elapsed = emitted.elapsed();
    assert!(
        (ms(30 + 25)..=ms(33 + 25)).contains(&elapsed),
        "{elapsed:?}"
    );
}

/// Plays a text that comes faster than the connection's posts complete, and waits until it is posted.
async fn play_fast_text() -> Stage {
    let stage = stage(|_, _| (ms(25), Ok(())));
    stage.attach("c", Lines::Many).await;
    stage.start_text("0000 ").await;
    for _ in 0..50 {
        sleep(ms(5)).await;
        stage.emit(text("0000 ")).await;
    }
    assert!(stage.sink.drained(Duration::from_secs(1)).await);
    stage
}
