//! Refusals that teach the adapter what a model does not take.

use longwire_adapters::bedrock::settings::Settings;
use longwire_agent::model::{Model, ModelErrorKind, Request};
use serde_json::Value;

use crate::bedrock::requests::full_request;
use crate::bedrock::server::{Script, Server, validation};
use crate::bedrock::{message_stop, request, text_events};

fn answer() -> Script {
    let mut chunks = text_events("Hi");
    chunks.push(message_stop("end_turn"));
    Script::Stream(chunks)
}

/// Bodies of the requests, parsed.
fn bodies(server: &Server) -> Vec<Value> {
    let body = |(_, body): (String, String)| serde_json::from_str(&body).expect("JSON");
    server.requests().into_iter().map(body).collect()
}

#[tokio::test]
async fn what_was_refused_is_left_out_of_the_next_call_and_of_later_requests() {
    let refusals = [
        "Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted",
        "Malformed input request: #/messages/2/content/2: extraneous key [cachePoint] is not permitted",
        "This model doesn't support the toolResult.status field.",
        "User messages cannot contain reasoning content. Please remove the reasoning content.",
    ];
    let mut scripts: Vec<_> = refusals.into_iter().map(validation).collect();
    scripts.push(answer());
    let server = Server::answering(scripts).await;
    let bedrock = server.bedrock();
    let reply = bedrock.stream(full_request()).await;
    assert!(reply.is_ok());
    let clone = bedrock.clone();
    drop(clone.stream(full_request()).await.expect("a reply"));
    let bodies = bodies(&server);
    assert_eq!(bodies.len(), 6);
    assert!(bodies[0]["toolConfig"].to_string().contains("cachePoint"));
    assert!(!bodies[1]["toolConfig"].to_string().contains("cachePoint"));
    assert!(bodies[1].to_string().contains("cachePoint"));
    assert!(!bodies[2].to_string().contains("cachePoint"));
    assert!(!bodies[3].to_string().contains("\"status\""));
    assert!(!bodies[4].to_string().contains("reasoningContent"));
    assert_eq!(bodies[5], bodies[4]);
}

#[tokio::test]
async fn a_refused_temperature_and_a_refused_setting_of_reasoning_are_left_out() {
    let server = Server::answering(vec![
        validation("`temperature` is deprecated for this model."),
        validation("\"thinking.type.adaptive\" is not supported for this model."),
        answer(),
    ])
    .await;
    let settings = Settings {
        temperature: Some(0.5),
        ..Settings::new("anthropic.claude-unheard-of")
    };
    let request = Request {
        reasoning: true,
        ..request()
    };
    let reply = server.bedrock_with(settings).stream(request).await;
    assert!(reply.is_ok());
    let bodies = bodies(&server);
    assert_eq!(bodies[0]["inferenceConfig"]["temperature"], 0.5);
    assert_eq!(bodies[1]["inferenceConfig"]["temperature"], Value::Null);
    assert!(bodies[1].to_string().contains("thinking"));
    assert!(!bodies[2].to_string().contains("thinking"));
}

#[tokio::test]
async fn a_refusal_that_is_repeated_is_an_error() {
    let server = Server::answering(vec![validation("This model doesn't support tool use.")]).await;
    let error = server.bedrock().stream(full_request()).await;
    assert_eq!(
        error.err().map(|error| error.kind),
        Some(ModelErrorKind::Invalid)
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_unknown_refusal_is_an_error_at_once() {
    let server = Server::answering(vec![validation("This request is not to my taste.")]).await;
    let error = server.bedrock().stream(full_request()).await;
    assert_eq!(
        error.err().map(|error| error.kind),
        Some(ModelErrorKind::Invalid)
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_clone_that_did_not_see_the_refusal_sends_its_own_request_again() {
    let refusal = || validation("This model doesn't support the toolResult.status field.");
    let server = Server::answering(vec![refusal(), refusal(), answer()]).await;
    let bedrock = server.bedrock();
    let clone = bedrock.clone();
    let (one, two) = tokio::join!(bedrock.stream(full_request()), clone.stream(full_request()));
    assert!(one.is_ok() && two.is_ok());
}
