//! Recorded rhythms.

use std::time::Duration;

use serde_json::json;

use crate::harness::simulator::Simulator;

#[tokio::test]
async fn a_trace_is_replayed_as_it_was() {
    let simulator = Simulator::start().await;
    let trace = json!([
        { "at_ms": 50, "text": "One " },
        { "at_ms": 60.5, "text": "two " },
        { "at_ms": 450, "text": "three." },
    ]);
    simulator
        .put_scenario("trace", &json!({ "steps": [{ "trace": trace }] }))
        .await;
    let answer = simulator.answer("sim:trace").await;
    assert_eq!(
        (answer.text().as_str(), answer.stop.as_deref()),
        ("One two three.", Some("end_turn"))
    );
    let gap = answer.arrivals[2] - answer.arrivals[1];
    assert!(gap >= Duration::from_millis(330), "{gap:?}");
}

#[tokio::test]
async fn the_shipped_burst_comes_after_its_silence() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:recording-burst").await;
    assert_eq!(answer.arrivals.len(), 81);
    let silence = answer.arrivals[6] - answer.arrivals[5];
    assert!(silence >= Duration::from_millis(4_700), "{silence:?}");
    let burst = answer.arrivals[79] - answer.arrivals[6];
    assert!(burst < Duration::from_millis(200), "{burst:?}");
}
