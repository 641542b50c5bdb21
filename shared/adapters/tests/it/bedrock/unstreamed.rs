//! Steps with tools of a model that takes tools without streaming only.

use std::time::Duration;

use futures::TryStreamExt;
use longwire_adapters::bedrock::settings::Settings;
use longwire_agent::model::{Delta, Model, ModelErrorKind, ReasoningDelta, StopReason};
use longwire_core::message::Usage;
use serde_json::json;

use crate::bedrock::requests::full_request;
use crate::bedrock::server::{Script, Server, until, validation};
use crate::bedrock::{message_stop, request, text, text_events};

const LLAMA: &str = "us.meta.llama4-scout-17b-instruct-v1:0";

fn complete() -> Script {
    let reply = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
            {"text": "Let me see."},
            {"toolUse": {"toolUseId": "tooluse_1", "name": "get_weather", "input": {"location": "Oslo", "days": [1, -2, 2.5]}}},
            {"toolUse": {"toolUseId": "tooluse_2", "name": "current_time", "input": {}}},
        ]}},
        "stopReason": "tool_use",
        "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
        "metrics": {"latencyMs": 321},
    });
    Script::Complete(reply.to_string())
}

/// Deltas of [`complete`].
fn deltas() -> Vec<Delta> {
    let reasoning = |delta| Delta::Reasoning { block: 0, delta };
    let start = |block, name: &str| Delta::ToolStart {
        block,
        name: name.to_owned(),
    };
    let input = |block, json: &str| Delta::ToolInput {
        block,
        json: json.to_owned(),
    };
    vec![
        reasoning(ReasoningDelta::Text("Hm.".to_owned())),
        reasoning(ReasoningDelta::Signature("c2ln".to_owned())),
        Delta::BlockStop { block: 0 },
        text(1, "Let me see."),
        Delta::BlockStop { block: 1 },
        start(2, "get_weather"),
        input(2, r#"{"days":[1,-2,2.5],"location":"Oslo"}"#),
        Delta::BlockStop { block: 2 },
        start(3, "current_time"),
        input(3, "{}"),
        Delta::BlockStop { block: 3 },
        Delta::Stop(StopReason::ToolUse),
        Delta::Metadata {
            usage: Some(Usage {
                input_tokens: 10,
                output_tokens: 5,
                total_tokens: 15,
                ..Usage::default()
            }),
            latency_ms: Some(321),
        },
    ]
}

/// Operations that were called.
fn operations(server: &Server) -> Vec<String> {
    let operation = |(path, _): (String, String)| path.rsplit('/').next().map(str::to_owned);
    server
        .requests()
        .into_iter()
        .filter_map(operation)
        .collect()
}

#[tokio::test]
async fn a_step_with_tools_is_not_streamed_and_has_the_deltas_of_a_stream() {
    let server = Server::answering(vec![complete()]).await;
    let bedrock = server.bedrock_with(Settings::new(LLAMA));
    let stream = bedrock.stream(full_request()).await.expect("a reply");
    assert_eq!(stream.try_collect::<Vec<_>>().await, Ok(deltas()));
    assert_eq!(operations(&server), ["converse"]);
}

#[tokio::test]
async fn a_step_without_tools_is_streamed() {
    let mut chunks = text_events("Hi");
    chunks.push(message_stop("end_turn"));
    let server = Server::sending(chunks).await;
    let bedrock = server.bedrock_with(Settings::new(LLAMA));
    assert!(bedrock.stream(request()).await.is_ok());
    assert_eq!(operations(&server), ["converse-stream"]);
}

#[tokio::test]
async fn a_model_that_refuses_streamed_tools_is_called_without_streaming() {
    let refusal = validation("This model doesn't support tool use in streaming mode.");
    let server = Server::answering(vec![refusal, complete()]).await;
    let bedrock = server.bedrock_with(Settings::new("something.new"));
    for _ in 0..2 {
        let stream = bedrock.stream(full_request()).await.expect("a reply");
        assert_eq!(stream.try_collect::<Vec<_>>().await, Ok(deltas()));
    }
    assert_eq!(
        operations(&server),
        ["converse-stream", "converse", "converse"]
    );
}

#[tokio::test]
async fn a_reply_that_does_not_arrive_ends_at_the_idle_limit() {
    let server = Server::silent().await;
    let settings = Settings {
        idle: Duration::from_secs(90),
        ..Settings::new(LLAMA)
    };
    let bedrock = server.bedrock_with(settings);
    let call = tokio::spawn(async move {
        let reply = bedrock.stream(full_request()).await;
        reply.err().map(|error| error.kind)
    });
    until(|| server.requests().len() == 1).await;
    tokio::time::pause();
    assert_eq!(call.await.expect("no panic"), Some(ModelErrorKind::Timeout));
}

#[tokio::test]
async fn errors_before_the_reply_are_those_of_a_stream() {
    let server = Server::refusing(429, Some("ThrottlingException"), r#"{"message":"slow"}"#).await;
    let bedrock = server.bedrock_with(Settings::new(LLAMA));
    let error = bedrock.stream(full_request()).await.err();
    assert_eq!(
        error.map(|error| error.kind),
        Some(ModelErrorKind::Throttled)
    );
    assert_eq!(server.requests().len(), 1);
}
