//! What Bedrock refuses. The bodies are raw: the SDK would not build some of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::simulator::{MODEL, Simulator};

/// Sends a conversation with the tools it needs; gives the status, the error's name and its text.
async fn verdict(simulator: &Simulator, model: &str, body: &Value) -> (u16, String, String) {
    let url = format!("{}/model/{model}/converse-stream", simulator.url);
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

fn conversation(messages: &Value) -> Value {
    json!({
        "messages": messages,
        "toolConfig": { "tools": [{ "toolSpec": { "name": "t", "inputSchema": { "json": { "type": "object" } } } }] },
    })
}

fn user(content: &Value) -> Value {
    json!({ "role": "user", "content": content })
}

fn assistant(content: &Value) -> Value {
    json!({ "role": "assistant", "content": content })
}

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn call(id: &str) -> Value {
    json!({ "toolUse": { "toolUseId": id, "name": "t", "input": {} } })
}

fn result(id: &str) -> Value {
    json!({ "toolResult": { "toolUseId": id, "content": [{ "text": "done" }] } })
}

/// A tool turn: what the model said, what came back.
fn turn(said: &Value, returned: &Value) -> Value {
    conversation(&json!([
        user(&json!([text("go")])),
        assistant(said),
        user(returned)
    ]))
}

async fn refuses(rows: &[(&str, Value)]) {
    let simulator = Simulator::start().await;
    for (expected, body) in rows {
        let (status, name, message) = verdict(&simulator, MODEL, body).await;
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

#[tokio::test]
async fn a_good_tool_turn_is_accepted() {
    let simulator = Simulator::start().await;
    let failed = json!({ "toolResult": { "toolUseId": "b", "status": "error", "content": [{ "json": { "no": 1 } }] } });
    for body in [
        conversation(&json!([user(&json!([text("Hello")]))])),
        turn(
            &json!([text("so"), call("a"), call("b")]),
            &json!([failed, result("a"), text("and now?")]),
        ),
        turn(
            &json!([call("a")]),
            &json!([result("a"), { "cachePoint": { "type": "default" } }]),
        ),
    ] {
        assert_eq!(verdict(&simulator, MODEL, &body).await.0, 200, "{body}");
    }
}

#[tokio::test]
async fn turns() {
    let (hello, hey) = (
        user(&json!([text("Hello")])),
        assistant(&json!([text("Hey")])),
    );
    refuses(&[
        ("at least one message", conversation(&json!([]))),
        (
            "must start with a user message",
            conversation(&json!([hey])),
        ),
        ("must alternate", conversation(&json!([hello, hello]))),
        (
            "must alternate",
            conversation(&json!([hello, hey, hey, hello])),
        ),
        (
            "must end with a user message",
            conversation(&json!([hello, hey])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn content() {
    let failed = json!({ "toolResult": { "toolUseId": "a", "status": "error", "content": [] } });
    let blank = json!({ "toolResult": { "toolUseId": "a", "content": [{ "text": " " }] } });
    let list = json!({ "toolResult": { "toolUseId": "a", "content": [{ "json": [1] }] } });
    let document =
        json!({ "document": { "name": "d", "format": "txt", "source": { "text": "x" } } });
    let documents = json!([
        text("see"),
        document,
        document,
        document,
        document,
        document,
        document
    ]);
    let one = |content: &Value| conversation(&json!([user(content)]));
    refuses(&[
        ("is empty", one(&json!([]))),
        ("must contain non-whitespace text", one(&json!([text("")]))),
        (
            "must contain non-whitespace text",
            one(&json!([text(" \n")])),
        ),
        (
            "messages.2.content.0.toolResult.content.0: text content blocks",
            turn(&json!([call("a")]), &json!([blank])),
        ),
        (
            "cannot be empty when status value is error",
            turn(&json!([call("a")]), &json!([failed])),
        ),
        (
            "Provide a json object",
            turn(&json!([call("a")]), &json!([list])),
        ),
        ("A text block must be included", one(&json!([document]))),
        ("at most 5 documents", one(&documents)),
        ("unknown variant `txt`", one(&json!([{ "txt": "a" }]))),
        (
            "unknown variant `robot`",
            conversation(&json!([{ "role": "robot", "content": [text("a")] }])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn calls_and_results() {
    let pair = json!([call("a"), call("b")]);
    let late = json!([
        user(&json!([text("go")])),
        assistant(&json!([call("a")])),
        user(&json!([text("wait")])),
        assistant(&json!([text("ok")])),
        user(&json!([result("a")]))
    ]);
    refuses(&[
        (
            "Expected toolResult blocks at messages.2.content for the following Ids: a, b",
            turn(&pair, &json!([text("hm")])),
        ),
        (
            "Expected toolResult blocks at messages.2.content for the following Ids: b",
            turn(&pair, &json!([result("a")])),
        ),
        (
            "Expected toolResult blocks at messages.2.content for the following Ids: b",
            turn(&pair, &json!([result("a"), result("c")])),
        ),
        (
            "exceeds the number of toolUse blocks",
            turn(&json!([call("a")]), &json!([result("a"), result("a")])),
        ),
        (
            "exceeds the number of toolUse blocks",
            turn(&json!([text("hm")]), &json!([result("a")])),
        ),
        (
            "exceeds the number of toolUse blocks",
            conversation(&json!([user(&json!([result("a")]))])),
        ),
        (
            "Did not find 1 tool_result block(s) at the beginning",
            turn(&json!([call("a")]), &json!([text("so"), result("a")])),
        ),
        (
            "Did not find 2 tool_result block(s) at the beginning",
            turn(&pair, &json!([result("a"), text("so"), result("b")])),
        ),
        (
            "Expected toolResult blocks at messages.2.content",
            conversation(&late),
        ),
        (
            "ids must be unique",
            turn(
                &json!([call("a"), call("a")]),
                &json!([result("a"), result("a")]),
            ),
        ),
        (
            "can only be in assistant messages",
            conversation(&json!([user(&json!([call("a")]))])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn tools() {
    let without =
        json!({ "messages": turn(&json!([call("a")]), &json!([result("a")]))["messages"] });
    let offered = |tools: &Value| json!({ "messages": [user(&json!([text("Hello")]))], "toolConfig": { "tools": tools } });
    let tool = |name: &str| json!({ "toolSpec": { "name": name, "inputSchema": { "json": { "type": "object" } } } });
    let listed = json!({ "toolUse": { "toolUseId": "a", "name": "t", "input": [1] } });
    refuses(&[
        ("The toolConfig field must be defined", without),
        ("toolConfig.tools", offered(&json!([]))),
        ("must be unique", offered(&json!([tool("a"), tool("a")]))),
        ("toolSpec.name", offered(&json!([tool("no blanks")]))),
        (
            "inputSchema",
            offered(&json!([{ "toolSpec": { "name": "a" } }])),
        ),
        (
            "toolUse.input",
            turn(&json!([listed]), &json!([result("a")])),
        ),
        ("toolUseId", turn(&json!([call("")]), &json!([result("")]))),
        (
            "toolUseId",
            turn(&json!([call("a/b")]), &json!([result("a/b")])),
        ),
        (
            "toolUseId",
            turn(
                &json!([call(&"a".repeat(65))]),
                &json!([result(&"a".repeat(65))]),
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn limits_around_the_messages() {
    let with = |name: &str, value: Value| {
        let mut body = conversation(&json!([user(&json!([text("Hello")]))]));
        body[name] = value;
        body
    };
    let many: BTreeMap<String, String> = (0..17)
        .map(|at| (format!("k{at}"), "v".to_owned()))
        .collect();
    let point = json!({ "cachePoint": { "type": "default" } });
    refuses(&[
        ("requestMetadata", with("requestMetadata", json!(many))),
        (
            "requestMetadata",
            with("requestMetadata", json!({ "": "v" })),
        ),
        (
            "requestMetadata",
            with("requestMetadata", json!({ "k": "v".repeat(257) })),
        ),
        (
            "requestMetadata",
            with("requestMetadata", json!({ "k": "ä" })),
        ),
        (
            "inferenceConfig.maxTokens",
            with("inferenceConfig", json!({ "maxTokens": 0 })),
        ),
        (
            "inferenceConfig.temperature",
            with("inferenceConfig", json!({ "temperature": 1.5 })),
        ),
        ("system.0", with("system", json!([text(" ")]))),
        (
            "A maximum of 4 blocks",
            with(
                "system",
                json!([text("a"), point, point, point, point, point]),
            ),
        ),
    ])
    .await;
    let simulator = Simulator::start().await;
    for good in [
        with(
            "requestMetadata",
            json!({ "run:1": "a_@$#=/+,-. b", "empty": "" }),
        ),
        with(
            "inferenceConfig",
            json!({ "maxTokens": 1, "temperature": 1.0 }),
        ),
        with("system", json!([text("a"), point, point, point, point])),
    ] {
        assert_eq!(verdict(&simulator, MODEL, &good).await.0, 200, "{good}");
    }
}

#[tokio::test]
async fn thinking() {
    let with = |thinking: Value, limits: Value, choice: Value| {
        let mut body = conversation(&json!([user(&json!([text("Hello")]))]));
        body["additionalModelRequestFields"] = json!({ "thinking": thinking });
        body["inferenceConfig"] = limits;
        body["toolConfig"]["toolChoice"] = choice;
        body
    };
    let (adaptive, auto) = (json!({ "type": "adaptive" }), json!({ "auto": {} }));
    let budget = |tokens: i64| json!({ "type": "enabled", "budget_tokens": tokens });
    refuses(&[
        (
            "tool_choice",
            with(adaptive.clone(), json!({}), json!({ "any": {} })),
        ),
        (
            "`temperature`",
            with(
                adaptive.clone(),
                json!({ "temperature": 0.5 }),
                auto.clone(),
            ),
        ),
        (
            "budget_tokens",
            with(budget(1_023), json!({}), auto.clone()),
        ),
        (
            "`max_tokens` must be greater",
            with(budget(2_000), json!({ "maxTokens": 2_000 }), auto.clone()),
        ),
    ])
    .await;
    let simulator = Simulator::start().await;
    for good in [
        with(adaptive, json!({ "maxTokens": 100 }), auto.clone()),
        with(
            budget(1_024),
            json!({ "maxTokens": 2_000, "temperature": 1.0 }),
            auto.clone(),
        ),
        with(
            json!({ "type": "disabled" }),
            json!({ "temperature": 0.5 }),
            auto,
        ),
    ] {
        assert_eq!(verdict(&simulator, MODEL, &good).await.0, 200, "{good}");
    }
}

#[tokio::test]
async fn some_families_are_stricter() {
    let simulator = Simulator::start().await;
    let mixed = turn(&json!([call("a")]), &json!([result("a"), text("and?")]));
    let (status, _, message) = verdict(
        &simulator,
        "us.meta.llama4-maverick-17b-instruct-v1:0",
        &mixed,
    )
    .await;
    assert_eq!(status, 400);
    assert!(
        message.contains("cannot be provided in the same turn"),
        "{message}"
    );

    let mut cached = conversation(&json!([user(&json!([text("Hello")]))]));
    cached["toolConfig"]["tools"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "cachePoint": { "type": "default" } }));
    assert_eq!(
        verdict(&simulator, "us.amazon.nova-2-lite-v1:0", &cached)
            .await
            .0,
        400
    );
    assert_eq!(verdict(&simulator, MODEL, &cached).await.0, 200);
}

#[tokio::test]
async fn a_body_that_is_no_json() {
    let simulator = Simulator::start().await;
    let url = format!("{}/model/{MODEL}/converse", simulator.url);
    let response = simulator
        .http
        .post(url)
        .body("{\"messages\": [")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            &response.headers()["x-amzn-errortype"]
        ),
        (400, &"ValidationException".parse().unwrap())
    );
    assert_eq!(
        simulator.get("/_sim/requests").await[0]["body"],
        "{\"messages\": ["
    );
}
