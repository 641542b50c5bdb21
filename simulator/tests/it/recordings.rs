//! Playback of recordings.

use std::time::Duration;

use serde_json::json;

use crate::harness::simulator::Simulator;

#[tokio::test]
async fn trace_is_played_with_its_recorded_times() {
    let simulator = Simulator::start().await;
    let trace = json!([
        { "at_ms": 50, "text": "One " },
        { "at_ms": 60.5, "text": "two " },
        { "at_ms": 450, "text": "three." },
    ]);
    simulator
        .put_scenario("trace", &json!({ "steps": [{ "trace": trace }] }))
        .await;
    let response = simulator.response("sim:trace").await;
    assert_eq!(
        (response.text().as_str(), response.stop_reason.as_deref()),
        ("One two three.", Some("end_turn"))
    );
    let gap = response.arrivals[2] - response.arrivals[1];
    assert!(gap >= Duration::from_millis(330), "{gap:?}");
}

#[tokio::test]
async fn built_in_burst_recording_has_its_silence_and_its_burst() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:recording-burst").await;
    assert_eq!(response.arrivals.len(), 81);
    let silence = response.arrivals[6] - response.arrivals[5];
    assert!(silence >= Duration::from_millis(4_700), "{silence:?}");
    let burst = response.arrivals[79] - response.arrivals[6];
    assert!(burst < Duration::from_millis(200), "{burst:?}");
}
