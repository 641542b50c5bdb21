//! Connections that fail, stall, or are gone.

use std::time::Duration;

use longwire_core::ids::ConnectionId;
use longwire_core::shape::Lines;
use longwire_stream::post::PostError;
use longwire_stream::settings::Notice;
use tokio::time::{Instant, sleep};

use super::stage::{Stage, Verdict, id, ms, numbers, said, stage, text};

/// Plays 100 deltas to a connection and returns what it said.
async fn play(stage: &Stage) -> String {
    stage.open().await;
    stage.speak("0000 ").await;
    for nth in 1..100 {
        sleep(ms(10)).await;
        stage.emit(text(format!("{nth:04} "))).await;
    }
    stage.finish().await;
    (0..100).map(|nth| format!("{nth:04} ")).collect()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_reordered_when_posts_fail_for_a_while() {
    fn every_third(_: &ConnectionId, nth: usize) -> Verdict {
        let result = if nth % 3 == 1 {
            Err(PostError::Slow)
        } else {
            Ok(())
        };
        (ms(10), result)
    }
    fn a_long_outage(_: &ConnectionId, nth: usize) -> Verdict {
        let result = if (3..9).contains(&nth) {
            Err(PostError::Slow)
        } else {
            Ok(())
        };
        (ms(10), result)
    }
    fn a_stall(_: &ConnectionId, nth: usize) -> Verdict {
        (if nth == 4 { ms(1_000) } else { ms(10) }, Ok(()))
    }
    fn a_timeout(_: &ConnectionId, nth: usize) -> Verdict {
        (if nth == 4 { ms(3_600_000) } else { ms(10) }, Ok(()))
    }
    for verdict in [every_third, a_long_outage, a_stall, a_timeout] {
        for lines in [Lines::One, Lines::Many] {
            let stage = stage(verdict);
            stage.attach("c", lines).await;
            let expected = play(&stage).await;
            let lines = stage.far.lines("c");
            assert_eq!(said(&lines), expected);
            assert_eq!(
                numbers(&lines),
                (1..=lines.len() as u64).collect::<Vec<_>>()
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn text_merges_while_a_connection_takes_nothing() {
    let stage = stage(|_, nth| match nth {
        1..4 => (ms(10), Err(PostError::Slow)),
        _ => (ms(10), Ok(())),
    });
    stage.attach("c", Lines::One).await;
    stage.emit(super::stage::text_start()).await;
    sleep(ms(20)).await;
    for _ in 0..50 {
        stage.emit(text("word ")).await;
    }
    stage.finish().await;
    assert!(stage.far.lines("c").len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_is_told_of_at_once_and_gets_no_other_post() {
    let mut stage = stage(|to, nth| match (to.as_str(), nth) {
        ("gone", 3) => (ms(10), Err(PostError::Gone)),
        ("refused", 2) => (ms(10), Err(PostError::Refused("413".to_owned()))),
        _ => (ms(10), Ok(())),
    });
    for name in ["gone", "here", "refused"] {
        stage.attach(name, Lines::One).await;
    }
    let begun = Instant::now();
    let expected = play(&stage).await;
    assert_eq!(stage.notices.try_recv(), Ok(Notice::Gone(id("refused"))));
    assert_eq!(stage.notices.try_recv(), Ok(Notice::Gone(id("gone"))));
    assert!(stage.notices.try_recv().is_err());

    let attempts = |name| {
        let all = stage.far.attempts().into_iter();
        all.filter(move |a| a.to == id(name)).collect::<Vec<_>>()
    };
    assert_eq!((attempts("gone").len(), attempts("refused").len()), (4, 3));
    assert_eq!(
        attempts("gone")[3].landed.clone().unwrap().0,
        begun + ms(40)
    );
    assert_eq!(said(&stage.far.lines("here")), expected);
}

#[tokio::test(start_paused = true)]
async fn a_notice_comes_with_the_answer_410() {
    let mut stage = stage(|_, _| (ms(25), Err(PostError::Gone)));
    stage.attach("c", Lines::Many).await;
    let begun = Instant::now();
    stage.open().await;
    assert_eq!(stage.notices.recv().await, Some(Notice::Gone(id("c"))));
    assert_eq!(begun.elapsed(), ms(25));
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_for_thirty_seconds_is_given_up() {
    let mut stage = stage(|to, _| match to.as_str() {
        "slow" => (ms(10), Err(PostError::Slow)),
        "hung" => (ms(3_600_000), Ok(())),
        _ => (ms(10), Ok(())),
    });
    for name in ["slow", "hung", "here"] {
        stage.attach(name, Lines::One).await;
    }
    let begun = Instant::now();
    stage.open().await;
    let mut stuck = vec![];
    for _ in 0..2 {
        stuck.push(stage.notices.recv().await.unwrap());
        assert_eq!(begun.elapsed().as_secs(), 30);
    }
    assert_eq!(
        stuck,
        [Notice::Stuck(id("hung")), Notice::Stuck(id("slow"))]
    );
    let slow = stage
        .far
        .attempts()
        .into_iter()
        .filter(|a| a.to == id("slow"));
    assert!(
        (6..60).contains(&slow.count()),
        "tried again, ever more rarely"
    );
    let attempts = stage.far.attempts().len();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.far.attempts().len(), attempts);
    assert_eq!(numbers(&stage.far.lines("here")[..2]), [1, 2]);
}
