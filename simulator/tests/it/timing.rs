//! Timing of responses. Lower bounds are exact; upper bounds allow for a slow machine.

use std::time::Duration;

use crate::harness::simulator::Simulator;

#[tokio::test]
async fn deltas_are_sent_at_the_configured_rate() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:long").await;
    assert_eq!(response.arrivals.len(), 300);
    let took = response.arrivals[299] - response.arrivals[0];
    assert!((1_400..2_500).contains(&took.as_millis()), "{took:?}");
    // The time of each delta counts from the first one, so that delays do not accumulate.
    let late_deltas = response
        .arrivals
        .iter()
        .enumerate()
        .filter(|(at, arrival)| {
            let due = response.arrivals[0] + Duration::from_millis(5) * u32::try_from(*at).unwrap();
            arrival.saturating_sub(due) > Duration::from_millis(100)
        });
    let late_deltas = late_deltas.count();
    assert!(
        late_deltas < 30,
        "{late_deltas} of 300 deltas were more than 100 ms late"
    );
}

#[tokio::test]
async fn burst_is_sent_without_pauses() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:burst").await;
    assert_eq!(response.arrivals.len(), 75);
    let took = response.arrivals[74] - response.arrivals[0];
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn first_delta_is_delayed_by_ttft() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:slow-start").await;
    assert!(
        response.arrivals[0] >= Duration::from_millis(2_900),
        "{:?}",
        response.arrivals[0]
    );
}

#[tokio::test]
async fn deltas_are_sent_one_by_one() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:steady").await;
    let gaps: Vec<Duration> = response
        .arrivals
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .collect();
    let long_gaps = gaps
        .iter()
        .filter(|gap| **gap > Duration::from_millis(25))
        .count();
    assert!(
        long_gaps > 45,
        "{long_gaps} of 59 gaps were over 25 ms: {gaps:?}"
    );
}
