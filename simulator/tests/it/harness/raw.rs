//! Requests as raw JSON, because the SDK does not build invalid ones.

use serde_json::{Value, json};

use super::simulator::{MODEL, Simulator};

/// Sends a body to `ConverseStream` and returns the status, the name of the error and its message; the last two
/// are empty for status 200.
pub(crate) async fn outcome(
    simulator: &Simulator,
    model: &str,
    body: &Value,
) -> (u16, String, String) {
    outcome_of("converse-stream", simulator, model, body).await
}

/// Sends a body to an operation and returns the same as [`outcome`].
pub(crate) async fn outcome_of(
    operation: &str,
    simulator: &Simulator,
    model: &str,
    body: &Value,
) -> (u16, String, String) {
    let url = format!("{}/model/{model}/{operation}", simulator.url);
    let response = simulator.http.post(url).json(body).send().await.unwrap();
    let status = response.status().as_u16();
    let name = response
        .headers()
        .get("x-amzn-errortype")
        .map(|name| name.to_str().unwrap().to_owned());
    if status == 200 {
        return (status, name.unwrap_or_default(), String::new());
    }
    let body: Value = response.json().await.unwrap();
    (
        status,
        name.unwrap_or_default(),
        body["message"].as_str().unwrap().to_owned(),
    )
}

/// Sends a body to `Converse` and returns the response.
pub(crate) async fn complete(simulator: &Simulator, model: &str, body: &Value) -> Value {
    let url = format!("{}/model/{model}/converse", simulator.url);
    let response = simulator.http.post(url).json(body).send().await.unwrap();
    let status = response.status();
    let output: Value = response.json().await.unwrap();
    assert_eq!(status, 200, "{model}: {output}");
    output
}

/// Returns a body with these messages and the tool `get_weather`.
pub(crate) fn offered(messages: &Value) -> Value {
    let schema = json!({ "json": { "type": "object" } });
    let tool = json!({ "toolSpec": { "name": "get_weather", "inputSchema": schema } });
    json!({ "messages": messages, "toolConfig": { "tools": [tool] } })
}

/// Returns a body with these messages and one tool `t`.
pub(crate) fn conversation(messages: &Value) -> Value {
    json!({
        "messages": messages,
        "toolConfig": { "tools": [{ "toolSpec": { "name": "t", "inputSchema": { "json": { "type": "object" } } } }] },
    })
}

pub(crate) fn user(content: &Value) -> Value {
    json!({ "role": "user", "content": content })
}

pub(crate) fn assistant(content: &Value) -> Value {
    json!({ "role": "assistant", "content": content })
}

pub(crate) fn text(text: &str) -> Value {
    json!({ "text": text })
}

pub(crate) fn call(id: &str) -> Value {
    json!({ "toolUse": { "toolUseId": id, "name": "t", "input": {} } })
}

pub(crate) fn result(id: &str) -> Value {
    json!({ "toolResult": { "toolUseId": id, "content": [{ "text": "done" }] } })
}

/// Returns a conversation of a prompt, an assistant message and a user message with this content.
pub(crate) fn tool_turn(assistant_content: &Value, user_content: &Value) -> Value {
    conversation(&json!([
        user(&json!([text("go")])),
        assistant(assistant_content),
        user(user_content)
    ]))
}

/// Asserts that each body is rejected with a `ValidationException` whose message contains the text, and that
/// every request is recorded with its error.
pub(crate) async fn assert_rejected(cases: &[(&str, Value)]) {
    let simulator = Simulator::start().await;
    for (expected, body) in cases {
        let (status, name, message) = outcome(&simulator, MODEL, body).await;
        assert_eq!(
            (status, name.as_str()),
            (400, "ValidationException"),
            "{expected}: {body}"
        );
        assert!(
            message.contains(expected),
            "expected “{expected}”, got “{message}” for {body}"
        );
    }
    let requests = simulator.get("/_sim/requests").await;
    assert!(
        requests
            .as_array()
            .unwrap()
            .iter()
            .all(|request| request["error"]["status"] == 400)
    );
}
