//! Detection of a client that closes the connection, including while the stream is silent.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::simulator::Simulator;

/// Maximum delay of the detection. It is far below the interval of writes in these scenarios, so a test fails if
/// only the next write detects the closed connection.
const MAX_DETECTION: Duration = Duration::from_millis(500);

#[tokio::test]
async fn disconnect_between_deltas_is_recorded_immediately() {
    let simulator = Simulator::start().await;
    let stream = disconnect_after(&simulator, "sim:slow", 3).await;
    assert!(stream["deltas"].as_u64().unwrap() < 10, "{stream}");
}

#[tokio::test]
async fn disconnect_during_a_stall_is_recorded_immediately() {
    let simulator = Simulator::start().await;
    let stream = disconnect_after(&simulator, "sim:stall", 6).await;
    assert_eq!(stream["deltas"], 5);
    assert!(stream["firstDeltaAt"].as_u64().unwrap() >= stream["started"].as_u64().unwrap());
    assert!(stream["ended"].as_u64().unwrap() >= stream["firstDeltaAt"].as_u64().unwrap());
}

#[tokio::test]
async fn disconnect_before_the_first_delta_is_recorded_immediately() {
    let simulator = Simulator::start().await;
    let stream = disconnect_after(&simulator, "sim:silent-start", 0).await;
    assert_eq!(
        (&stream["deltas"], stream.get("firstDeltaAt")),
        (&json!(0), None)
    );
}

#[tokio::test]
async fn complete_stream_is_recorded_as_finished() {
    let simulator = Simulator::start().await;
    simulator.response("sim:text").await;
    let streams = simulator
        .wait_for("/_sim/streams", |streams| streams[0]["state"] != "running")
        .await;
    assert_eq!(
        (&streams[0]["state"], &streams[0]["deltas"]),
        (&json!("finished"), &json!(5))
    );
}

#[tokio::test]
async fn aborted_weather_call_is_recorded_as_dropped() {
    let simulator = Simulator::start().await;
    let url = format!(
        "{}/weather/v1/forecast?latitude=10&longitude=10&current=weather_code",
        simulator.url
    );
    let call = tokio::spawn(reqwest::get(url));
    simulator
        .wait_for("/_sim/calls", |calls| calls[0]["state"] == "running")
        .await;
    call.abort();
    let calls = simulator
        .wait_for("/_sim/calls", |calls| calls[0]["state"] != "running")
        .await;
    assert_eq!(
        (&calls[0]["state"], calls[0].get("status")),
        (&json!("dropped"), None)
    );
}

/// Reads a number of events, closes the connection, and returns the record of the stream.
async fn disconnect_after(simulator: &Simulator, prompt: &str, events: usize) -> Value {
    let mut output = simulator.request(prompt).send().await.unwrap();
    for _ in 0..events {
        assert!(output.stream.recv().await.unwrap().is_some());
    }
    assert_eq!(simulator.get("/_sim/streams").await[0]["state"], "running");
    let disconnected = Instant::now();
    drop(output);
    let streams = simulator
        .wait_for("/_sim/streams", |streams| streams[0]["state"] != "running")
        .await;
    assert!(
        disconnected.elapsed() < MAX_DETECTION,
        "detected after {:?}",
        disconnected.elapsed()
    );
    assert_eq!(streams[0]["state"], "dropped");
    streams[0].clone()
}
