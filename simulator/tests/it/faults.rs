//! Faults as the SDK reports them.

use std::time::Duration;

use aws_sdk_bedrockruntime::{config::retry::RetryConfig, error::ProvideErrorMetadata};
use serde_json::json;

use crate::harness::{
    response::Response,
    simulator::{MODEL, Simulator, service_error},
};

#[tokio::test]
async fn fault_before_the_stream_has_its_error_name_and_status() {
    let simulator = Simulator::start().await;
    for (scenario, name, status) in [
        ("fault-throttling", "ThrottlingException", 429),
        ("fault-5xx", "InternalServerException", 500),
        (
            "fault-service-unavailable",
            "ServiceUnavailableException",
            503,
        ),
        ("fault-validation", "ValidationException", 400),
        ("fault-access-denied", "AccessDeniedException", 403),
        ("fault-model-not-ready", "ModelNotReadyException", 429),
        ("fault-model-timeout", "ModelTimeoutException", 408),
        ("fault-model-error", "ModelErrorException", 424),
        ("fault-not-found", "ResourceNotFoundException", 404),
    ] {
        let error = simulator
            .request(&format!("sim:{scenario}"))
            .send()
            .await
            .map(|_| ())
            .unwrap_err();
        assert_eq!(
            error.raw_response().unwrap().status().as_u16(),
            status,
            "{scenario}"
        );
        let error = error.into_service_error();
        assert_eq!(error.code(), Some(name), "{scenario}");
        assert!(
            error.message().is_some_and(|message| message.len() > 20),
            "{scenario}: {error:?}"
        );
    }
}

#[tokio::test]
async fn exception_event_follows_its_deltas() {
    let simulator = Simulator::start().await;
    for (scenario, name) in [
        ("exception-throttling", "ThrottlingException"),
        ("exception-5xx", "InternalServerException"),
        (
            "exception-service-unavailable",
            "ServiceUnavailableException",
        ),
        ("exception-validation", "ValidationException"),
        ("exception-stream-error", "ModelStreamErrorException"),
    ] {
        let response = simulator.response(&format!("sim:{scenario}")).await;
        assert_eq!(
            (response.arrivals.len(), &response.stop_reason),
            (5, &None),
            "{scenario}"
        );
        let error = response.error.unwrap();
        assert!(
            error.contains(&format!("code: Some(\"{name}\")")) || error.contains(name),
            "{scenario}: {error}"
        );
    }
}

#[tokio::test]
async fn cut_ends_the_stream_with_an_error() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:cut").await;
    assert_eq!((response.arrivals.len(), &response.stop_reason), (5, &None));
    assert!(
        response.error.is_some(),
        "the stream ended without an error"
    );
}

#[tokio::test]
async fn stream_without_message_stop_ends_without_an_error() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:no-message-stop").await;
    assert_eq!(
        (
            response.arrivals.len(),
            response.stop_reason,
            response.error
        ),
        (40, None, None)
    );
    let response = simulator.response("sim:no-message-stop-empty").await;
    assert_eq!(
        (response.events, response.error),
        (vec!["start assistant".to_owned()], None)
    );
}

#[tokio::test]
async fn stall_sends_nothing_and_keeps_the_stream_running() {
    let simulator = Simulator::start().await;
    let mut output = simulator.request("sim:stall").send().await.unwrap();
    for _ in 0..6 {
        assert!(output.stream.recv().await.unwrap().is_some());
    }
    let more = tokio::time::timeout(Duration::from_millis(700), output.stream.recv()).await;
    assert!(more.is_err(), "{more:?}");
    let streams = simulator.get("/_sim/streams").await;
    assert_eq!(
        (&streams[0]["state"], &streams[0]["deltas"]),
        (&json!("running"), &json!(5))
    );
}

#[tokio::test]
async fn counted_fault_applies_once_per_run() {
    let simulator = Simulator::start().await;
    for run in ["r1", "r2"] {
        let ask = || {
            simulator
                .request("sim:fault-throttling-once")
                .request_metadata("run", run)
        };
        assert_eq!(
            service_error(ask()).await.code(),
            Some("ThrottlingException")
        );
        let response = Response::receive(ask()).await;
        assert_eq!(response.text(), "After all it worked.");
    }
}

#[tokio::test]
async fn sdk_retry_succeeds_after_a_counted_fault() {
    let simulator = Simulator::start().await;
    for scenario in [
        "fault-throttling-once",
        "fault-5xx-once",
        "fault-service-unavailable-once",
        "fault-model-not-ready-once",
    ] {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let client = simulator.bedrock_with_retries(retries);
        let request = client.converse_stream().model_id(MODEL).messages(
            crate::harness::message::user_message(&format!("sim:{scenario}")),
        );
        let response = Response::receive(request).await;
        assert_eq!(response.text(), "After all it worked.", "{scenario}");
    }
}

#[tokio::test]
async fn counted_fault_in_the_stream_applies_once() {
    let simulator = Simulator::start().await;
    for scenario in [
        "exception-first-once",
        "cut-first-once",
        "no-message-stop-empty-once",
    ] {
        let broken = simulator.response(&format!("sim:{scenario}")).await;
        assert_eq!(
            (broken.arrivals.len(), broken.stop_reason),
            (0, None),
            "{scenario}"
        );
        let whole = simulator.response(&format!("sim:{scenario}")).await;
        assert_eq!(whole.text(), "After all it worked.", "{scenario}");
    }
}
