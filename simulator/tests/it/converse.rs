//! `Converse`: responses without streaming.

use aws_sdk_bedrockruntime::{
    error::ProvideErrorMetadata,
    operation::converse::{ConverseError, ConverseOutput},
    types::{ContentBlock, StopReason},
};

use crate::harness::{
    message::{tool_configuration, user_message},
    simulator::{MODEL, Simulator},
};

#[tokio::test]
async fn text_and_tool_call_are_returned_in_one_message() {
    let simulator = Simulator::start().await;
    let output = converse(&simulator, "sim:text-and-tool").await.unwrap();
    assert_eq!(output.stop_reason, StopReason::ToolUse);
    let message = output.output.unwrap().as_message().unwrap().clone();
    assert_eq!(
        message.content[0],
        ContentBlock::Text("Let me look.".to_owned())
    );
    let call = message.content[1].as_tool_use().unwrap();
    assert_eq!(call.name, "get_weather");
    assert_eq!(
        call.input.as_object().unwrap()["location"].as_string(),
        Some("Berlin")
    );
    assert!(output.usage.unwrap().output_tokens > 3);
    assert!(output.metrics.unwrap().latency_ms >= 60);
}

#[tokio::test]
async fn reasoning_block_has_its_signature() {
    let simulator = Simulator::start().await;
    let output = converse(&simulator, "sim:reasoning").await.unwrap();
    let message = output.output.unwrap().as_message().unwrap().clone();
    let reasoning = message.content[0]
        .as_reasoning_content()
        .unwrap()
        .as_reasoning_text()
        .unwrap();
    assert!(
        reasoning.signature.is_some() && reasoning.text.starts_with("The question"),
        "{reasoning:?}"
    );
}

#[tokio::test]
async fn faults_in_the_stream_become_error_responses() {
    let simulator = Simulator::start().await;
    for (scenario, name) in [
        ("sim:fault-throttling", "ThrottlingException"),
        (
            "sim:exception-service-unavailable",
            "ServiceUnavailableException",
        ),
        ("sim:cut", "InternalServerException"),
        ("sim:no-message-stop", "InternalServerException"),
    ] {
        let error = converse(&simulator, scenario).await.unwrap_err();
        assert_eq!(error.code(), Some(name), "{scenario}");
    }
}

async fn converse(simulator: &Simulator, prompt: &str) -> Result<ConverseOutput, ConverseError> {
    let request = simulator
        .bedrock()
        .converse()
        .model_id(MODEL)
        .messages(user_message(prompt))
        .tool_config(tool_configuration());
    request
        .send()
        .await
        .map_err(aws_sdk_bedrockruntime::error::SdkError::into_service_error)
}
