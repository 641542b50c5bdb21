//! The rhythm of answers. Lower bounds are exact; upper bounds leave room for a busy machine.

use std::time::Duration;

use crate::harness::simulator::Simulator;

#[tokio::test]
async fn three_hundred_deltas_at_two_hundred_a_second_take_one_and_a_half_seconds() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:long").await;
    assert_eq!(answer.arrivals.len(), 300);
    let took = answer.arrivals[299] - answer.arrivals[0];
    assert!((1_400..2_500).contains(&took.as_millis()), "{took:?}");
    // Each delta keeps to the clock of the whole: no drift, and none held back for others.
    let late = answer.arrivals.iter().enumerate().filter(|(at, arrival)| {
        let due = answer.arrivals[0] + Duration::from_millis(5) * u32::try_from(*at).unwrap();
        arrival.saturating_sub(due) > Duration::from_millis(100)
    });
    let late = late.count();
    assert!(late < 30, "{late} of 300 deltas came over 100 ms late");
}

#[tokio::test]
async fn a_burst_comes_at_once() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:burst").await;
    assert_eq!(answer.arrivals.len(), 75);
    let took = answer.arrivals[74] - answer.arrivals[0];
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn the_first_token_can_be_slow() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:slow-start").await;
    assert!(
        answer.arrivals[0] >= Duration::from_millis(2_900),
        "{:?}",
        answer.arrivals[0]
    );
}

#[tokio::test]
async fn deltas_are_sent_as_they_come_not_when_the_answer_is_whole() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:steady").await;
    let gaps: Vec<Duration> = answer
        .arrivals
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .collect();
    let apart = gaps
        .iter()
        .filter(|gap| **gap > Duration::from_millis(25))
        .count();
    assert!(apart > 45, "of 59 gaps {apart} were over 25 ms: {gaps:?}");
}
