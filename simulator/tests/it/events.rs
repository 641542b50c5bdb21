//! Scenarios that play frames verbatim, compared as bytes, and the limit of a scenario's context.

use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::error::ProvideErrorMetadata;
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::harness::{
    message::user_message,
    raw::{conversation, outcome, text, user},
    response::Response,
    simulator::{MODEL, Simulator, service_error},
};

#[tokio::test]
async fn events_exceptions_and_error_frames_are_sent_verbatim() {
    let delta = json!({ "contentBlockIndex": 7, "delta": { "text": "Hi" } });
    let throttled = json!({ "message": "Too many tokens per day", "extra": 1 });
    let bytes = play(&json!([
        ["contentBlockDelta", delta],
        ["neverHeardOf", { "a": [1, null] }],
        ["messageStop", {}],
        ["exception:neverHeardOfException", throttled],
        ["error:InternalFailure", "It failed."],
    ]))
    .await;
    let frame = |kind: &str, header: &str, name: &str, payload: &Value| {
        let headers = [
            (header, name),
            (":content-type", "application/json"),
            (":message-type", kind),
        ];
        (headers.map(owned).to_vec(), payload.to_string())
    };
    let error = [
        (":message-type", "error"),
        (":error-code", "InternalFailure"),
        (":error-message", "It failed."),
    ];
    assert_eq!(
        decode(bytes),
        [
            frame("event", ":event-type", "contentBlockDelta", &delta),
            frame(
                "event",
                ":event-type",
                "neverHeardOf",
                &json!({ "a": [1, null] })
            ),
            frame("event", ":event-type", "messageStop", &json!({})),
            frame(
                "exception",
                ":exception-type",
                "neverHeardOfException",
                &throttled
            ),
            (error.map(owned).to_vec(), String::new()),
        ]
    );
}

#[tokio::test]
async fn raw_bytes_are_sent_unchanged_and_an_empty_list_sends_nothing() {
    let raw = [0, 0, 0, 16, 255, 1, 2];
    assert_eq!(
        play(&json!([["bytes", STANDARD.encode(raw)], ["bytes", "AA=="]])).await,
        [&raw[..], &[0]].concat()
    );
    assert_eq!(play(&json!([])).await, Bytes::new());
}

#[tokio::test]
async fn only_deltas_are_counted_and_a_pause_delays_what_follows() {
    let simulator = Simulator::start().await;
    let delta = json!(["contentBlockDelta", { "contentBlockIndex": 0, "delta": { "text": "a" } }]);
    let events =
        json!([delta, { "pause_ms": 60 }, ["contentBlockStop", { "contentBlockIndex": 0 }], delta]);
    put(&simulator, &events).await;
    let started = Instant::now();
    body(&simulator).await;
    assert!(started.elapsed() >= Duration::from_millis(60));
    let streams = simulator
        .wait_for("/_sim/streams", |streams| streams[0]["state"] == "finished")
        .await;
    assert_eq!(streams[0]["deltas"], 2);
}

#[tokio::test]
async fn each_entry_takes_the_time_of_a_delta() {
    let simulator = Simulator::start().await;
    let stop = json!(["contentBlockStop", { "contentBlockIndex": 0 }]);
    let step = json!({ "ttft_ms": 20, "deltas_per_s": 50, "events": [stop, stop, stop] });
    simulator
        .put_scenario("mine", &json!({ "steps": [step] }))
        .await;
    let started = Instant::now();
    body(&simulator).await;
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn fault_applies_to_events_by_the_number_of_their_deltas() {
    let simulator = Simulator::start().await;
    let delta = json!(["contentBlockDelta", { "contentBlockIndex": 0, "delta": { "text": "a" } }]);
    let fault = json!({ "kind": "exception", "exception": "throttling", "after_deltas": 1 });
    let step =
        json!({ "ttft_ms": 0, "events": [delta, delta, ["messageStop", {}]], "fault": fault });
    simulator
        .put_scenario("mine", &json!({ "steps": [step] }))
        .await;
    let names: Vec<String> = decode(body(&simulator).await)
        .into_iter()
        .map(|(headers, _)| headers[0].1.clone())
        .collect();
    assert_eq!(names, ["contentBlockDelta", "throttlingException"]);
}

#[tokio::test]
async fn signature_of_played_reasoning_is_valid_when_it_is_returned() {
    let simulator = Simulator::start().await;
    let reasoning = |delta: Value| json!(["contentBlockDelta", { "contentBlockIndex": 0, "delta": { "reasoningContent": delta } }]);
    let tool = json!({ "toolUse": { "toolUseId": "again", "name": "get_weather" } });
    let events = json!([
        ["messageStart", { "role": "assistant" }],
        reasoning(json!({ "text": "Let me " })),
        reasoning(json!({ "text": "see." })),
        reasoning(json!({ "signature": "mine" })),
        ["contentBlockStart", { "contentBlockIndex": 1, "start": tool }],
        ["messageStop", { "stopReason": "tool_use" }],
    ]);
    put(&simulator, &events).await;
    let mut messages = vec![user_message("sim:mine")];
    let first = Response::receive(simulator.request_with(messages.clone())).await;
    assert_eq!(first.blocks[&1].tool.as_ref().unwrap().0, "again");
    messages.extend([first.message(), first.results("done")]);
    let second = Response::receive(simulator.request_with(messages)).await;
    assert_eq!(second.text(), "The scenario mine has come to its end.");
}

#[tokio::test]
async fn converse_rejects_a_step_with_events() {
    let simulator = Simulator::start().await;
    put(
        &simulator,
        &json!([["messageStop", { "stopReason": "end_turn" }]]),
    )
    .await;
    let request = simulator.bedrock().converse().model_id(MODEL);
    let error = request
        .messages(user_message("sim:mine"))
        .send()
        .await
        .unwrap_err();
    let error = error.into_service_error();
    assert_eq!(error.code(), Some("ValidationException"));
    assert!(
        error.message().unwrap().contains("only ConverseStream"),
        "{error:?}"
    );
}

#[tokio::test]
async fn invalid_entry_is_rejected_with_its_position() {
    let simulator = Simulator::start().await;
    for (entry, problem) in [
        (json!("messageStop"), "[type, payload]"),
        (json!(["messageStop"]), "[type, payload]"),
        (json!([1, {}]), "[type, payload]"),
        (json!(["", {}]), "1 to 128 characters"),
        (json!(["exception:", {}]), "1 to 128 characters"),
        (json!(["bytes", "%"]), "base64"),
        (json!(["error:Failure", {}]), "string"),
        (json!({ "pause_ms": -1 }), "`pause_ms`"),
        (json!({ "pause_ms": 1, "b": 1 }), "[type, payload]"),
    ] {
        let step = json!({ "events": [["messageStop", {}], entry] });
        let message = rejection(&simulator, &json!({ "steps": [{}, step] })).await;
        assert!(
            message.contains("steps[1].events[1]") && message.contains(problem),
            "{entry}: {message}"
        );
    }
    for (name, value) in [
        ("blocks", json!([{ "text": "a" }])),
        ("trace", json!([{ "at_ms": 1, "text": "a" }])),
        ("stop_reason", json!("end_turn")),
        ("chars_per_delta", json!(1)),
        ("interleaved", json!(true)),
    ] {
        let message = rejection(
            &simulator,
            &json!({ "steps": [{ "events": [], name: value }] }),
        )
        .await;
        assert_eq!(
            message,
            format!("steps[0]: `events` and `{name}` exclude each other")
        );
    }
}

#[tokio::test]
async fn added_events_are_shown_as_they_were_given() {
    let simulator = Simulator::start().await;
    let events = json!([["a", { "b": 1 }], ["exception:c", {}], ["error:d", "e"], ["bytes", "AA=="], { "pause_ms": 5 }]);
    put(&simulator, &events).await;
    let shown = simulator.get("/_sim/scenarios/mine").await;
    assert_eq!(shown["steps"][0]["events"], events);
}

#[tokio::test]
async fn request_beyond_the_context_of_a_scenario_is_rejected() {
    let simulator = Simulator::start().await;
    let scenario = json!({ "steps": [{ "ttft_ms": 0, "blocks": [{ "text": "short" }] }], "context_bytes": 1_000 });
    simulator.put_scenario("mine", &scenario).await;
    let prompt = |length: usize| {
        let long = "x".repeat(length);
        conversation(&json!([user(&json!([text(&long), text("sim:mine")]))]))
    };
    assert_eq!(outcome(&simulator, MODEL, &prompt(100)).await.0, 200);
    let (status, name, message) = outcome(&simulator, MODEL, &prompt(1_000)).await;
    assert_eq!(
        (status, name.as_str(), message.as_str()),
        (
            400,
            "ValidationException",
            "Input is too long for requested model."
        )
    );
    let error = service_error(simulator.request(&format!("sim:mine {}", "x".repeat(1_000)))).await;
    assert_eq!(error.code(), Some("ValidationException"));
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Plays these events and returns the bytes of the body.
async fn play(events: &Value) -> Bytes {
    let simulator = Simulator::start().await;
    put(&simulator, events).await;
    body(&simulator).await
}

async fn put(simulator: &Simulator, events: &Value) {
    let step = json!({ "ttft_ms": 0, "deltas_per_s": 0, "events": events });
    simulator
        .put_scenario("mine", &json!({ "steps": [step] }))
        .await;
}

async fn body(simulator: &Simulator) -> Bytes {
    let url = format!("{}/model/{MODEL}/converse-stream", simulator.url);
    let request = conversation(&json!([user(&json!([text("sim:mine")]))]));
    let response = simulator
        .http
        .post(url)
        .json(&request)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap()
}

/// Returns the headers and the payload of each frame.
fn decode(mut bytes: Bytes) -> Vec<(Vec<(String, String)>, String)> {
    let mut decoder = MessageFrameDecoder::new();
    let mut frames = Vec::new();
    while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut bytes).unwrap() {
        let headers = message.headers().iter().map(|header| {
            let value = header.value().as_string().unwrap().as_str().to_owned();
            (header.name().as_str().to_owned(), value)
        });
        let payload = String::from_utf8(message.payload().to_vec()).unwrap();
        frames.push((headers.collect(), payload));
    }
    frames
}

async fn rejection(simulator: &Simulator, scenario: &Value) -> String {
    let url = format!("{}/_sim/scenarios/bad", simulator.url);
    let response = simulator.http.put(url).json(scenario).send().await.unwrap();
    assert_eq!(response.status(), 400, "{scenario}");
    let body: Value = response.json().await.unwrap();
    body["message"].as_str().unwrap().to_owned()
}
