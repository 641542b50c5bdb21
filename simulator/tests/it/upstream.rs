//! A real model behind the simulator, played by a small OpenAI-like server.

use std::sync::{Arc, Mutex};

use aws_sdk_bedrockruntime::{error::ProvideErrorMetadata, types::SystemContentBlock};
use axum::{
    Router, body::Body, extract::State, http::HeaderMap, http::StatusCode, response::Response,
    routing::post,
};
use serde_json::{Value, json};
use simulator::options::{Options, Upstream};
use tokio::net::TcpListener;

use crate::harness::{
    answer::Answer,
    message::user,
    simulator::{Simulator, refused},
};

type Asked = Arc<Mutex<Vec<(Value, Option<String>)>>>;

/// Answers every request with the same bytes, which arrive in pieces of five.
async fn behind(status: StatusCode, answer: &'static str, force_tools: bool) -> (Simulator, Asked) {
    let asked = Asked::default();
    let handler = async move |State(asked): State<Asked>, headers: HeaderMap, body: String| {
        let key = headers
            .get("authorization")
            .map(|key| key.to_str().unwrap().to_owned());
        asked
            .lock()
            .unwrap()
            .push((serde_json::from_str(&body).unwrap(), key));
        let pieces = answer
            .as_bytes()
            .chunks(5)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
        let body = Body::from_stream(futures::stream::iter(pieces));
        Response::builder()
            .status(status)
            .header("content-type", "text/event-stream")
            .body(body)
            .unwrap()
    };
    let routes = Router::new()
        .route("/v1/chat/completions", post(handler))
        .with_state(Arc::clone(&asked));
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
        Simulator::with(Options {
            upstream,
            ..Options::default()
        })
        .await,
        asked,
    )
}

const TEXT: &str = "\
data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
: a comment\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"Grüße \"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"dich.\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":4}}\n\n\
data: [DONE]\n\n";

const CALLS: &str = "\
data: {\"choices\":[{\"delta\":{\"content\":\"Let me look.\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"{\\\"location\\\":\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"\\\"Rome\\\"}\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"current_time\",\"arguments\":\"{}\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n\
data: [DONE]\n\n";

#[tokio::test]
async fn text_is_passed_on_with_the_servers_counts() {
    let (simulator, asked) = behind(StatusCode::OK, TEXT, false).await;
    let request = simulator
        .ask("Hey!")
        .system(SystemContentBlock::Text("Be kind.".to_owned()));
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(
        answer.events,
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
        (answer.text().as_str(), answer.stop.as_deref()),
        ("Grüße dich.", Some("end_turn"))
    );
    assert_eq!(answer.usage, Some((11, 4, 15)));

    let (body, key) = asked.lock().unwrap()[0].clone();
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
async fn tool_calls_are_put_together_and_their_results_passed_back() {
    let (simulator, asked) = behind(StatusCode::OK, CALLS, false).await;
    let first = simulator.answer("How is the weather in Rome?").await;
    assert_eq!(
        first.calls(),
        [
            ("get_weather".to_owned(), json!({ "location": "Rome" })),
            ("current_time".to_owned(), json!({}))
        ]
    );
    assert_eq!(first.stop.as_deref(), Some("tool_use"));
    assert!(
        first
            .usage
            .is_some_and(|(input, output, _)| input > 0 && output > 0),
        "estimated when the server is silent"
    );

    let messages = vec![
        user("How is the weather in Rome?"),
        first.message(),
        first.results("sunny"),
    ];
    Answer::read(simulator.converse(messages).send().await.unwrap()).await;
    let sent = asked.lock().unwrap()[1].0["messages"].clone();
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
async fn the_tool_that_the_rules_pick_can_be_forced() {
    let (simulator, asked) = behind(StatusCode::OK, TEXT, true).await;
    simulator.answer("How is the weather in Rome?").await;
    simulator.answer("Hey!").await;
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].0["tool_choice"]["function"]["name"], "get_weather");
    assert!(asked[1].0.get("tool_choice").is_none());
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error() {
    let unfinished = "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\"}}]}\n\n";
    let (simulator, _) = behind(StatusCode::OK, unfinished, false).await;
    let answer = simulator.answer("Hey!").await;
    assert_eq!((answer.text().as_str(), &answer.stop), ("Gr", &None));
    assert!(answer.error.unwrap().contains("finish_reason"));
}

#[tokio::test]
async fn refusals_become_the_nearest_error() {
    for (status, name) in [
        (StatusCode::BAD_REQUEST, "ValidationException"),
        (StatusCode::UNAUTHORIZED, "AccessDeniedException"),
        (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
        (StatusCode::BAD_GATEWAY, "InternalServerException"),
    ] {
        let (simulator, _) = behind(status, "the context is too long", false).await;
        let error = refused(simulator.ask("Hey!")).await;
        assert_eq!(error.code(), Some(name));
        assert!(
            error.message().unwrap().contains("the context is too long"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn nobody_there_is_service_unavailable_and_scenarios_still_play() {
    let upstream = Upstream {
        base_url: Some("http://127.0.0.1:9/v1".to_owned()),
        ..Upstream::default()
    };
    let simulator = Simulator::with(Options {
        upstream,
        ..Options::default()
    })
    .await;
    assert_eq!(
        refused(simulator.ask("Hey!")).await.code(),
        Some("ServiceUnavailableException")
    );
    assert_eq!(
        simulator.answer("sim:text").await.text(),
        "This is a plain answer."
    );
}

#[tokio::test]
async fn a_client_that_goes_away_stops_the_generation() {
    let (told, stopped) = tokio::sync::oneshot::channel::<()>();
    let told = Arc::new(Mutex::new(Some(told)));
    let handler = async move || {
        // Dropped with the body: then the other end sees the channel closed.
        let told = told.lock().unwrap().take();
        let first = "data: {\"choices\":[{\"delta\":{\"content\":\"Once \"}}]}\n\n";
        let pieces =
            futures::stream::unfold((told, Some(first)), async |(told, next)| match next {
                Some(piece) => Some((Ok::<_, std::io::Error>(piece), (told, None))),
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
    let simulator = Simulator::with(Options {
        upstream,
        ..Options::default()
    })
    .await;

    let mut output = simulator.ask("Tell me a story").send().await.unwrap();
    for _ in 0..2 {
        assert!(output.stream.recv().await.unwrap().is_some());
    }
    drop(output);
    let end = tokio::time::timeout(std::time::Duration::from_secs(2), stopped).await;
    assert!(
        end.is_ok_and(|end| end.is_err()),
        "the server's body lives on"
    );
}
