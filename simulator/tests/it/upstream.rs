//! Upstream model, simulated by a small OpenAI-compatible server.

use std::sync::{Arc, Mutex};

use aws_sdk_bedrockruntime::{error::ProvideErrorMetadata, types::SystemContentBlock};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response as HttpResponse,
    routing::post,
};
use serde_json::{Value, json};
use simulator::options::{Options, Upstream};
use tokio::net::TcpListener;

use crate::harness::{
    message::user_message,
    response::Response,
    simulator::{Simulator, service_error},
};

/// Bodies and `authorization` headers of the requests that the server received.
type Received = Arc<Mutex<Vec<(Value, Option<String>)>>>;

/// Starts a simulator with an upstream server that sends the same body to every request, in pieces of five
/// bytes.
async fn simulator_with_upstream(
    status: StatusCode,
    body: &'static str,
    force_tools: bool,
) -> (Simulator, Received) {
    let received = Received::default();
    let handler =
        async move |State(received): State<Received>, headers: HeaderMap, request: String| {
            let key = headers
                .get("authorization")
                .map(|key| key.to_str().unwrap().to_owned());
            received
                .lock()
                .unwrap()
                .push((serde_json::from_str(&request).unwrap(), key));
            let pieces = body
                .as_bytes()
                .chunks(5)
                .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
            let body = Body::from_stream(futures::stream::iter(pieces));
            HttpResponse::builder()
                .status(status)
                .header("content-type", "text/event-stream")
                .body(body)
                .unwrap()
        };
    let routes = Router::new()
        .route("/v1/chat/completions", post(handler))
        .with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = Some(format!("http://{}/v1/", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let upstream = Upstream {
        base_url,
        model: Some("small".to_owned()),
        key: Some("secret".to_owned()),
        force_tools,
    };
    (
        Simulator::start_with(Options {
            upstream,
            ..Options::default()
        })
        .await,
        received,
    )
}

const TEXT_STREAM: &str = "\
data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
: a comment\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"Grüße \"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"dich.\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":4}}\n\n\
data: [DONE]\n\n";

const CALLS_STREAM: &str = "\
data: {\"choices\":[{\"delta\":{\"content\":\"Let me look.\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"{\\\"location\\\":\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"\\\"Rome\\\"}\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"current_time\",\"arguments\":\"{}\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n\
data: [DONE]\n\n";

#[tokio::test]
async fn text_is_forwarded_with_the_token_counts_of_the_server() {
    let (simulator, received) = simulator_with_upstream(StatusCode::OK, TEXT_STREAM, false).await;
    let request = simulator
        .request("Hey!")
        .system(SystemContentBlock::Text("Be kind.".to_owned()));
    let response = Response::receive(request).await;
    assert_eq!(
        response.events,
        [
            "start assistant",
            "delta 0",
            "delta 0",
            "stop 0",
            "end",
            "metadata"
        ]
    );
    assert_eq!(
        (response.text().as_str(), response.stop_reason.as_deref()),
        ("Grüße dich.", Some("end_turn"))
    );
    assert_eq!(response.usage, Some((11, 4, 15)));

    let (body, key) = received.lock().unwrap()[0].clone();
    assert_eq!(key.as_deref(), Some("Bearer secret"));
    assert_eq!(
        (&body["model"], &body["stream"]),
        (&json!("small"), &json!(true))
    );
    assert!(body["max_tokens"].as_i64().unwrap() > 0);
    assert_eq!(
        body["messages"],
        json!([{ "role": "system", "content": "Be kind." }, { "role": "user", "content": "Hey!" }])
    );
    assert_eq!(body["tools"].as_array().unwrap().len(), 4);
    assert!(body.get("tool_choice").is_none());
}

#[tokio::test]
async fn tool_calls_are_assembled_and_their_results_are_sent_back() {
    let (simulator, received) = simulator_with_upstream(StatusCode::OK, CALLS_STREAM, false).await;
    let first = simulator.response("How is the weather in Rome?").await;
    assert_eq!(
        first.calls(),
        [
            ("get_weather".to_owned(), json!({ "location": "Rome" })),
            ("current_time".to_owned(), json!({}))
        ]
    );
    assert_eq!(first.stop_reason.as_deref(), Some("tool_use"));
    assert!(
        first
            .usage
            .is_some_and(|(input, output, _)| input > 0 && output > 0),
        "usage is estimated if the server sends none"
    );

    let messages = vec![
        user_message("How is the weather in Rome?"),
        first.message(),
        first.results("sunny"),
    ];
    Response::receive(simulator.request_with(messages)).await;
    let sent = received.lock().unwrap()[1].0["messages"].clone();
    let ids: Vec<String> = first
        .blocks
        .values()
        .filter_map(|block| Some(block.tool.clone()?.0))
        .collect();
    assert_eq!(sent[1]["content"], "Let me look.");
    assert_eq!(
        sent[1]["tool_calls"][0]["function"]["arguments"],
        "{\"location\":\"Rome\"}"
    );
    assert_eq!(
        sent[2],
        json!({ "role": "tool", "tool_call_id": ids[0], "content": "sunny" })
    );
    assert_eq!(sent[3]["tool_call_id"], json!(ids[1]));
}

#[tokio::test]
async fn force_tools_sets_the_tool_choice_of_the_rules() {
    let (simulator, received) = simulator_with_upstream(StatusCode::OK, TEXT_STREAM, true).await;
    simulator.response("How is the weather in Rome?").await;
    simulator.response("Hey!").await;
    let received = received.lock().unwrap();
    assert_eq!(
        received[0].0["tool_choice"]["function"]["name"],
        "get_weather"
    );
    assert!(received[1].0.get("tool_choice").is_none());
}

#[tokio::test]
async fn incomplete_upstream_stream_is_an_error() {
    let unfinished = "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\"}}]}\n\n";
    let (simulator, _) = simulator_with_upstream(StatusCode::OK, unfinished, false).await;
    let response = simulator.response("Hey!").await;
    assert_eq!(
        (response.text().as_str(), &response.stop_reason),
        ("Gr", &None)
    );
    assert!(response.error.unwrap().contains("finish_reason"));
}

#[tokio::test]
async fn upstream_error_status_is_mapped_to_a_bedrock_error() {
    for (status, name) in [
        (StatusCode::BAD_REQUEST, "ValidationException"),
        (StatusCode::UNAUTHORIZED, "AccessDeniedException"),
        (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
        (StatusCode::BAD_GATEWAY, "InternalServerException"),
    ] {
        let (simulator, _) =
            simulator_with_upstream(status, "the context is too long", false).await;
        let error = service_error(simulator.request("Hey!")).await;
        assert_eq!(error.code(), Some(name));
        assert!(
            error.message().unwrap().contains("the context is too long"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn unreachable_upstream_is_service_unavailable_and_scenarios_still_work() {
    let upstream = Upstream {
        base_url: Some("http://127.0.0.1:9/v1".to_owned()),
        ..Upstream::default()
    };
    let simulator = Simulator::start_with(Options {
        upstream,
        ..Options::default()
    })
    .await;
    assert_eq!(
        service_error(simulator.request("Hey!")).await.code(),
        Some("ServiceUnavailableException")
    );
    assert_eq!(
        simulator.response("sim:text").await.text(),
        "This is a plain answer."
    );
}

#[tokio::test]
async fn disconnect_of_the_client_closes_the_upstream_stream() {
    let (sender, dropped) = tokio::sync::oneshot::channel::<()>();
    let sender = Arc::new(Mutex::new(Some(sender)));
    let handler = async move || {
        // The body owns the sender, so the receiver observes when the server drops the body.
        let sender = sender.lock().unwrap().take();
        let first = "data: {\"choices\":[{\"delta\":{\"content\":\"Once \"}}]}\n\n";
        let pieces =
            futures::stream::unfold((sender, Some(first)), async |(sender, next)| match next {
                Some(piece) => Some((Ok::<_, std::io::Error>(piece), (sender, None))),
                None => std::future::pending().await,
            });
        Body::from_stream(pieces)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = Some(format!("http://{}/v1", listener.local_addr().unwrap()));
    let routes = Router::new().route("/v1/chat/completions", post(handler));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let upstream = Upstream {
        base_url,
        ..Upstream::default()
    };
    let simulator = Simulator::start_with(Options {
        upstream,
        ..Options::default()
    })
    .await;

    let mut output = simulator.request("Tell me a story").send().await.unwrap();
    for _ in 0..2 {
        assert!(output.stream.recv().await.unwrap().is_some());
    }
    drop(output);
    let end = tokio::time::timeout(std::time::Duration::from_secs(2), dropped).await;
    assert!(
        end.is_ok_and(|end| end.is_err()),
        "the upstream server did not drop the body"
    );
}
