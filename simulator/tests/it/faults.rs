//! Every fault, as the SDK sees it.

use std::time::Duration;

use aws_sdk_bedrockruntime::{config::retry::RetryConfig, error::ProvideErrorMetadata};
use serde_json::json;

use crate::harness::{
    answer::Answer,
    simulator::{MODEL, Simulator, refused},
};

#[tokio::test]
async fn before_the_stream_each_error_has_its_name_and_status() {
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
            .ask(&format!("sim:{scenario}"))
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
async fn in_the_stream_each_exception_comes_after_its_deltas() {
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
        let answer = simulator.answer(&format!("sim:{scenario}")).await;
        assert_eq!(
            (answer.arrivals.len(), &answer.stop),
            (5, &None),
            "{scenario}"
        );
        let error = answer.error.unwrap();
        assert!(
            error.contains(&format!("code: Some(\"{name}\")")) || error.contains(name),
            "{scenario}: {error}"
        );
    }
}

#[tokio::test]
async fn a_cut_breaks_inside_a_frame() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:cut").await;
    assert_eq!((answer.arrivals.len(), &answer.stop), (5, &None));
    assert!(answer.error.is_some(), "a clean end is no cut");
}

#[tokio::test]
async fn an_end_without_message_stop_is_clean() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:no-message-stop").await;
    assert_eq!(
        (answer.arrivals.len(), answer.stop, answer.error),
        (40, None, None)
    );
    let answer = simulator.answer("sim:no-message-stop-empty").await;
    assert_eq!(
        (answer.events, answer.error),
        (vec!["start assistant".to_owned()], None)
    );
}

#[tokio::test]
async fn a_stall_is_silent_with_the_connection_open() {
    let simulator = Simulator::start().await;
    let mut output = simulator.ask("sim:stall").send().await.unwrap();
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
async fn a_fault_that_counts_lets_the_retry_pass_and_strikes_another_run() {
    let simulator = Simulator::start().await;
    for run in ["r1", "r2"] {
        let ask = || {
            simulator
                .ask("sim:fault-throttling-once")
                .request_metadata("run", run)
        };
        assert_eq!(refused(ask()).await.code(), Some("ThrottlingException"));
        let answer = Answer::read(ask().send().await.unwrap()).await;
        assert_eq!(answer.text(), "After all it worked.");
    }
}

#[tokio::test]
async fn the_sdks_own_retries_get_through_a_fault_that_passes() {
    let simulator = Simulator::start().await;
    for scenario in [
        "fault-throttling-once",
        "fault-5xx-once",
        "fault-service-unavailable-once",
        "fault-model-not-ready-once",
    ] {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let client = simulator.bedrock_with(retries);
        let request = client
            .converse_stream()
            .model_id(MODEL)
            .messages(crate::harness::message::user(&format!("sim:{scenario}")));
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.text(), "After all it worked.", "{scenario}");
    }
}

#[tokio::test]
async fn a_fault_in_the_stream_that_counts_passes_too() {
    let simulator = Simulator::start().await;
    for scenario in [
        "exception-first-once",
        "cut-first-once",
        "no-message-stop-empty-once",
    ] {
        let broken = simulator.answer(&format!("sim:{scenario}")).await;
        assert_eq!(
            (broken.arrivals.len(), broken.stop),
            (0, None),
            "{scenario}"
        );
        let whole = simulator.answer(&format!("sim:{scenario}")).await;
        assert_eq!(whole.text(), "After all it worked.", "{scenario}");
    }
}
