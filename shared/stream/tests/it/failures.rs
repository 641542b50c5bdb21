//! Connections whose posts fail or hang, or that are gone.

use std::time::Duration;

use longwire_core::ids::ConnectionId;
use longwire_core::shape::{Format, Lines};
use longwire_stream::notice::Notice;
use longwire_stream::post::PostError;
use tokio::time::{Instant, sleep};

use crate::clients::PostOutcome;
use crate::stage::{Stage, id, joined_deltas, ms, numbers, stage, text, text_start};

/// Plays 100 deltas to a connection and returns their text.
async fn play(stage: &Stage) -> String {
    stage.open().await;
    stage.start_text("0000 ").await;
    for nth in 1..100 {
        sleep(ms(10)).await;
        stage.emit(text(format!("{nth:04} "))).await;
    }
    stage.finish().await;
    (0..100).map(|nth| format!("{nth:04} ")).collect()
}

#[tokio::test(start_paused = true)]
async fn no_event_is_lost_or_reordered_when_posts_fail_for_a_while() {
    fn every_third(_: &ConnectionId, nth: usize) -> PostOutcome {
        let result = if nth % 3 == 1 {
            Err(PostError::Slow)
        } else {
            Ok(())
        };
        (ms(10), result)
    }
    fn long_outage(_: &ConnectionId, nth: usize) -> PostOutcome {
        let result = if (3..9).contains(&nth) {
            Err(PostError::Slow)
        } else {
            Ok(())
        };
        (ms(10), result)
    }
    fn stall(_: &ConnectionId, nth: usize) -> PostOutcome {
        (if nth == 4 { ms(1_000) } else { ms(10) }, Ok(()))
    }
    fn timeout(_: &ConnectionId, nth: usize) -> PostOutcome {
        (if nth == 4 { ms(3_600_000) } else { ms(10) }, Ok(()))
    }
    for outcome in [every_third, long_outage, stall, timeout] {
        for lines in [Lines::One, Lines::Many] {
            let stage = stage(outcome);
            stage.attach("c", lines).await;
            let expected = play(&stage).await;
            let lines = stage.clients.lines("c");
            assert_eq!(joined_deltas(&lines), expected);
            assert_eq!(
                numbers(&lines),
                (1..=lines.len() as u64).collect::<Vec<_>>()
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn deltas_coalesce_while_a_connection_takes_nothing() {
    let stage = stage(|_, nth| match nth {
        1..4 => (ms(10), Err(PostError::Slow)),
        _ => (ms(10), Ok(())),
    });
    stage.attach("c", Lines::One).await;
    stage.emit(text_start()).await;
    sleep(ms(20)).await;
    for _ in 0..50 {
        stage.emit(text("word ")).await;
    }
    stage.finish().await;
    assert!(stage.clients.lines("c").len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_open_is_given_up_after_one_answer_410() {
    let mut stage = stage(|to, nth| match (to.as_str(), nth) {
        ("gone", 3) => (ms(10), Err(PostError::Gone)),
        _ => (ms(10), Ok(())),
    });
    for name in ["gone", "here"] {
        stage.attach(name, Lines::One).await;
    }
    let begun = Instant::now();
    let expected = play(&stage).await;
    assert_eq!(stage.notices.try_recv(), Ok(Notice::Gone(id("gone"))));
    assert!(stage.notices.try_recv().is_err());

    let attempts = stage.clients.attempts_to("gone");
    assert_eq!(attempts.len(), 4);
    assert_eq!(
        attempts[3].answered.clone().unwrap().0,
        begun + ms(3 * 16 + 10)
    );
    assert_eq!(joined_deltas(&stage.clients.lines("here")), expected);
}

#[tokio::test(start_paused = true)]
async fn notice_comes_with_the_answer_410_of_a_connection_made_long_ago() {
    let mut stage = stage(|_, _| (ms(25), Err(PostError::Gone)));
    stage.attach("c", Lines::Many).await;
    stage.opened_long_ago("c").await;
    let begun = Instant::now();
    stage.open().await;
    assert_eq!(stage.notices.recv().await, Some(Notice::Gone(id("c"))));
    assert_eq!(begun.elapsed(), ms(25));
    assert_eq!(stage.clients.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_opening_gets_the_frame_again_after_410() {
    let mut stage = stage(|_, nth| match nth {
        0..4 => (ms(10), Err(PostError::Gone)),
        _ => (ms(10), Ok(())),
    });
    stage.attach("c", Lines::One).await;
    let expected = play(&stage).await;
    assert!(stage.notices.try_recv().is_err());
    assert_eq!(joined_deltas(&stage.clients.lines("c")), expected);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_answers_410_for_longer_than_it_opens_is_gone() {
    let mut stage = stage(|_, _| (ms(10), Err(PostError::Gone)));
    stage.attach("new", Lines::Many).await;
    // Made a second before it was attached.
    let times = [(id("older"), Instant::now() + ms(1_000))].into();
    stage.sink.set_opening_until(times).await.unwrap();
    stage.attach("older", Lines::Many).await;
    let begun = Instant::now();
    stage.open().await;
    // Random pauses between the posts decide which of them is gone first.
    let (one, other) = (stage.notices.recv().await, stage.notices.recv().await);
    for name in ["new", "older"] {
        let gone = Some(Notice::Gone(id(name)));
        assert!(one == gone || other == gone, "{name}");
    }
    for name in ["new", "older"] {
        let answered = stage.clients.attempts_to(name).into_iter();
        let times = answered.map(|attempt| attempt.answered.unwrap().0 - begun);
        let limit = ms(if name == "new" { 2_000 } else { 1_000 });
        assert_eq!(times.filter(|&time| time >= limit).count(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_answers_410_before_its_age_is_known_gets_no_second_post() {
    let mut stage = stage(|_, _| (ms(10), Err(PostError::Gone)));
    stage.attach("c", Lines::Many).await;
    let begun = Instant::now();
    stage.open().await;
    sleep(ms(400)).await;
    stage.opened_long_ago("c").await;
    assert_eq!(stage.notices.recv().await, Some(Notice::Gone(id("c"))));
    assert_eq!(begun.elapsed(), ms(400));
    assert_eq!(stage.clients.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_post_does_not_detach_the_subscriber() {
    let mut stage = stage(|_, nth| match nth {
        2 => (ms(10), Err(PostError::Refused("413".to_owned()))),
        _ => (ms(10), Ok(())),
    });
    stage.attach("c", Lines::One).await;
    play(&stage).await;
    assert!(stage.notices.try_recv().is_err(), "it is attached still");
    let numbers = numbers(&stage.clients.lines("c"));
    assert_eq!(numbers[..3], [1, 2, 4], "the client sees the gap");
    let cursors = stage.sink.cursors().await.unwrap();
    assert_eq!(cursors[&id("c")].after, 2, "its cursor stays before it");

    stage.resume("c", Format::Agui, 2).await;
    stage.drain().await;
    let lines = stage.clients.lines("c");
    assert!(lines.iter().any(|line| line.contains(r#""lw.seq":3,"#)));
    assert!(lines.last().unwrap().contains("resumed"));
    let cursors = stage.sink.cursors().await.unwrap();
    assert_eq!(cursors[&id("c")].after, *numbers.last().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_post_from_before_a_resume_that_is_refused_leaves_no_gap_after_it() {
    let stage = stage(|_, nth| match nth {
        0 => (ms(50), Err(PostError::Refused("413".to_owned()))),
        _ => (ms(10), Ok(())),
    });
    stage.attach("c", Lines::One).await;
    stage.open().await;
    sleep(ms(20)).await;
    stage.resume("c", Format::Agui, 0).await;
    stage.drain().await;
    let lines = stage.clients.lines("c");
    assert_eq!(numbers(&lines[..2]), [1, 2]);
    assert!(lines[2].contains("resumed"), "{}", lines[2]);
    assert_eq!(stage.sink.cursors().await.unwrap()[&id("c")].after, 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_posts_are_all_refused_is_detached_after_ten() {
    let mut stage = stage(|_, _| (ms(10), Err(PostError::Refused("403".to_owned()))));
    stage.attach("c", Lines::One).await;
    stage.open().await;
    stage.start_text("word ").await;
    let notice = async {
        loop {
            tokio::select! {
                notice = stage.notices.recv() => return notice,
                () = sleep(ms(100)) => stage.sink.emit(text("word ")).await.unwrap(),
            }
        }
    };
    assert_eq!(notice.await, Some(Notice::Stuck(id("c"))));
    assert_eq!(stage.clients.attempts().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_refused_the_same_frame_again_and_again_is_detached() {
    let mut stage = stage(|_, nth| match nth % 2 {
        0 => (ms(10), Ok(())),
        _ => (ms(10), Err(PostError::Refused("413".to_owned()))),
    });
    stage.attach("c", Lines::One).await;
    stage.open().await;
    for _ in 0..20 {
        stage.resume("c", Format::Agui, 0).await;
        sleep(ms(6_000)).await;
    }
    assert_eq!(stage.notices.try_recv(), Ok(Notice::Stuck(id("c"))));
}

#[tokio::test(start_paused = true)]
async fn subscriber_that_takes_nothing_for_thirty_seconds_is_given_up() {
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
    let slow = stage.clients.attempts_to("slow");
    assert!((6..60).contains(&slow.len()), "retried with growing pauses");
    let attempts = stage.clients.attempts().len();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.clients.attempts().len(), attempts);
    assert_eq!(numbers(&stage.clients.lines("here")[..2]), [1, 2]);
}
