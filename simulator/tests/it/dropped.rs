//! A client that goes away is noticed at once, also while the stream is silent.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::simulator::Simulator;

/// Far below the next write of the scenarios used here, which would be the late way to notice.
const AT_ONCE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn in_the_middle_of_text() {
    let simulator = Simulator::start().await;
    let stream = dropped_after(&simulator, "sim:slow", 3).await;
    assert!(stream["deltas"].as_u64().unwrap() < 10, "{stream}");
}

#[tokio::test]
async fn in_a_stall() {
    let simulator = Simulator::start().await;
    let stream = dropped_after(&simulator, "sim:stall", 6).await;
    assert_eq!(stream["deltas"], 5);
    assert!(stream["firstDeltaAt"].as_u64().unwrap() >= stream["started"].as_u64().unwrap());
    assert!(stream["ended"].as_u64().unwrap() >= stream["firstDeltaAt"].as_u64().unwrap());
}

#[tokio::test]
async fn before_the_first_token() {
    let simulator = Simulator::start().await;
    let stream = dropped_after(&simulator, "sim:silent-start", 0).await;
    assert_eq!(
        (&stream["deltas"], stream.get("firstDeltaAt")),
        (&json!(0), None)
    );
}

#[tokio::test]
async fn a_whole_stream_is_finished_not_dropped() {
    let simulator = Simulator::start().await;
    simulator.answer("sim:text").await;
    let streams = simulator
        .eventually("/_sim/streams", |streams| streams[0]["state"] != "running")
        .await;
    assert_eq!(
        (&streams[0]["state"], &streams[0]["deltas"]),
        (&json!("finished"), &json!(5))
    );
}

#[tokio::test]
async fn a_call_of_the_slow_place_that_is_given_up() {
    let simulator = Simulator::start().await;
    let url = format!(
        "{}/weather/v1/forecast?latitude=10&longitude=10&current=weather_code",
        simulator.url
    );
    let call = tokio::spawn(reqwest::get(url));
    simulator
        .eventually("/_sim/calls", |calls| calls[0]["state"] == "running")
        .await;
    call.abort();
    let calls = simulator
        .eventually("/_sim/calls", |calls| calls[0]["state"] != "running")
        .await;
    assert_eq!(
        (&calls[0]["state"], calls[0].get("status")),
        (&json!("dropped"), None)
    );
}

/// Reads so many events, goes away, and gives the stream's record.
async fn dropped_after(simulator: &Simulator, prompt: &str, events: usize) -> Value {
    let mut output = simulator.ask(prompt).send().await.unwrap();
    for _ in 0..events {
        assert!(output.stream.recv().await.unwrap().is_some());
    }
    assert_eq!(simulator.get("/_sim/streams").await[0]["state"], "running");
    let gone = Instant::now();
    drop(output);
    let streams = simulator
        .eventually("/_sim/streams", |streams| streams[0]["state"] != "running")
        .await;
    assert!(
        gone.elapsed() < AT_ONCE,
        "noticed only after {:?}",
        gone.elapsed()
    );
    assert_eq!(streams[0]["state"], "dropped");
    streams[0].clone()
}
