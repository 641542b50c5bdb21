//! Requests to the model.

use longwire_adapters::bedrock::settings::Settings;
use longwire_agent::model::{Model, ModelErrorKind, Part, Request, Turn};
use longwire_core::ids::{CallId, RunId, ThreadId};
use longwire_core::message::Role;
use longwire_core::tool::ToolSpec;
use serde_json::{Value, json};

use crate::bedrock::request;
use crate::bedrock::server::Server;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Request with every kind of content.
pub(super) fn full_request() -> Request {
    let call = |id: &str, input| Part::ToolCall {
        id: CallId::trusted(id),
        name: "get_weather".to_owned(),
        input,
    };
    let result = |id: &str, error, text: &str| Part::ToolResult {
        id: CallId::trusted(id),
        error,
        text: text.to_owned(),
    };
    let reasoning = Part::Reasoning {
        text: String::new(),
        signature: Some("U0VBTA==".to_owned()),
    };
    Request {
        system: "You are brief.".to_owned(),
        turns: vec![
            Turn {
                role: Role::User,
                parts: vec![Part::Text("Weather?".to_owned()), Part::CachePoint],
            },
            Turn {
                role: Role::Assistant,
                parts: vec![
                    reasoning,
                    Part::RedactedReasoning("c2VhbGVk".to_owned()),
                    Part::Text("Let me see.".to_owned()),
                    call(
                        "tc_1",
                        json!({"location": "New York", "days": -2, "deep": [1, 2.5, null, true, {"z": 1, "a": 18_446_744_073_709_551_615_u64}]}),
                    ),
                    call("tc_2", json!({})),
                ],
            },
            Turn {
                role: Role::User,
                parts: vec![
                    result("tc_1", false, "It is sunny."),
                    result("tc_2", true, "Where?"),
                    Part::CachePoint,
                ],
            },
        ],
        tools: vec![ToolSpec {
            name: "get_weather".to_owned(),
            description: "Tells the weather.".to_owned(),
            input_schema: json!({"type": "object", "properties": {"location": {"type": "string"}, "days": {"type": "integer"}}, "required": ["location"], "additionalProperties": false}),
        }],
        max_tokens: 4096,
        reasoning: false,
        ..request()
    }
}

/// Path and body of a request.
async fn sent(settings: Settings, request: Request) -> (String, Value) {
    let server = Server::sending(Vec::new()).await;
    let reply = server.bedrock_with(settings).stream(request).await;
    drop(reply.expect("a reply"));
    let (path, body) = server.requests().remove(0);
    (path, serde_json::from_str(&body).expect("JSON"))
}

async fn body(model_id: &str, request: Request) -> Value {
    sent(Settings::new(model_id), request).await.1
}

#[tokio::test]
async fn a_request_has_the_json_of_the_api_reference() {
    let settings = Settings {
        temperature: Some(0.5),
        fields: Some(json!({"thinking": {"type": "disabled"}})),
        ..Settings::new(CLAUDE)
    };
    let (path, body) = sent(settings, full_request()).await;
    assert_eq!(
        path,
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"
    );
    insta::assert_json_snapshot!(body);
}

#[tokio::test]
async fn the_smallest_request_has_no_optional_fields() {
    assert_eq!(
        body(CLAUDE, request()).await,
        json!({
            "messages": [{"role": "user", "content": [{"text": "Hey!"}]}],
            "inferenceConfig": {"maxTokens": 100},
            "requestMetadata": {"run": "r_1", "thread": "t_1"},
        })
    );
}

#[tokio::test]
async fn an_arn_is_one_segment_of_the_path() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3";
    let (path, _) = sent(Settings::new(arn), request()).await;
    assert_eq!(
        path,
        "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3/converse-stream"
    );
}

#[tokio::test]
async fn equal_requests_have_equal_bytes() {
    let server = Server::sending(Vec::new()).await;
    let mut request = full_request();
    let properties = (0..12).map(|n| (format!("p{n}"), json!({"type": "string", "minLength": n})));
    request.tools[0].input_schema["properties"] = properties.collect();
    for _ in 0..4 {
        let reply = server.bedrock().stream(request.clone()).await;
        drop(reply.expect("a reply"));
    }
    let bodies: Vec<_> = server
        .requests()
        .into_iter()
        .map(|(_, body)| body)
        .collect();
    assert!(
        bodies.len() == 4 && bodies.windows(2).all(|w| w[0] == w[1]),
        "{bodies:#?}"
    );
}

/// Number of cache points in the tools, in the system prompt and in the messages.
fn cache_points(body: &Value) -> [usize; 3] {
    let count = |part: &Value| part.to_string().matches("cachePoint").count();
    [&body["toolConfig"], &body["system"], &body["messages"]].map(count)
}

#[tokio::test]
async fn cache_points_are_set_where_the_family_accepts_them() {
    assert_eq!(cache_points(&body(CLAUDE, full_request()).await), [1, 1, 2]);
    // Nova refuses a cache point in a message with tool results.
    assert_eq!(
        cache_points(&body("eu.amazon.nova-2-lite-v1:0", full_request()).await),
        [0, 1, 1]
    );
    assert_eq!(
        cache_points(&body("meta.llama3-3-70b-instruct-v1:0", full_request()).await),
        [0, 0, 0]
    );
}

#[tokio::test]
async fn results_have_a_status_where_the_family_accepts_it() {
    let status = |body: &Value| {
        let results = &body["messages"][2]["content"];
        [0, 1].map(|index| results[index]["toolResult"]["status"].clone())
    };
    assert_eq!(
        status(&body("amazon.nova-lite-v1:0", full_request()).await),
        ["success", "error"]
    );
    let other = body("mistral.mistral-large-2407-v1:0", full_request()).await;
    assert_eq!(status(&other), [Value::Null, Value::Null]);
}

#[tokio::test]
async fn called_tools_are_declared_when_none_are_offered() {
    let request = Request {
        tools: Vec::new(),
        ..full_request()
    };
    assert_eq!(
        body("amazon.nova-lite-v1:0", request).await["toolConfig"],
        json!({"tools": [{"toolSpec": {
            "name": "get_weather",
            "description": "No longer available. Do not call it.",
            "inputSchema": {"json": {"type": "object"}},
        }}]})
    );
}

#[tokio::test]
async fn illegal_characters_in_the_metadata_are_replaced() {
    let request = Request {
        run_id: RunId::trusted("r ä\n\"1\""),
        thread_id: ThreadId::trusted("t".repeat(300)),
        ..request()
    };
    let metadata = &body(CLAUDE, request).await["requestMetadata"];
    assert_eq!(metadata["run"], "r____1_");
    assert_eq!(metadata["thread"], "t".repeat(256));
}

#[tokio::test]
async fn redacted_reasoning_that_is_not_base64_is_not_sent() {
    let mut request = full_request();
    request.turns[1].parts[1] = Part::RedactedReasoning("?".to_owned());
    let server = Server::sending(Vec::new()).await;
    let error = server
        .bedrock()
        .stream(request)
        .await
        .err()
        .expect("refused");
    assert_eq!(error.kind, ModelErrorKind::Invalid);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_model_without_tools_gets_no_tool_blocks() {
    let body = body("us.deepseek.r1-v1:0", full_request()).await;
    assert_eq!(body["toolConfig"], Value::Null);
    let text = body.to_string();
    assert!(
        !text.contains("toolUse") && !text.contains("toolResult"),
        "{text}"
    );
    assert!(
        text.contains("Result of the tool get_weather: It is sunny."),
        "{text}"
    );
}

#[tokio::test]
async fn reasoning_goes_back_to_claude_only() {
    for (model_id, sent) in [
        (CLAUDE, true),
        ("amazon.nova-pro-v1:0", false),
        ("other", false),
    ] {
        let body = body(model_id, full_request()).await.to_string();
        assert_eq!(
            body.contains("reasoningContent"),
            sent,
            "{model_id}: {body}"
        );
    }
}

#[tokio::test]
async fn a_budget_is_sent_only_with_the_reasoning_before_the_calls() {
    let thinking = json!({"type": "enabled", "budget_tokens": 1024});
    for (model_id, expected) in [(CLAUDE, thinking.clone()), ("other", Value::Null)] {
        let settings = Settings {
            fields: Some(json!({"thinking": thinking, "top_k": 5})),
            ..Settings::new(model_id)
        };
        let (_, body) = sent(settings, full_request()).await;
        let fields = &body["additionalModelRequestFields"];
        assert_eq!(
            (&fields["thinking"], &fields["top_k"]),
            (&expected, &json!(5)),
            "{model_id}"
        );
    }
}

#[tokio::test]
async fn a_model_without_a_system_prompt_gets_it_in_the_first_turn() {
    let body = body(
        "mistral.mistral-7b-instruct-v0:2",
        Request {
            system: "You are brief.".to_owned(),
            ..request()
        },
    );
    let body = body.await;
    assert_eq!(body["system"], Value::Null);
    assert_eq!(
        body["messages"],
        json!([{"role": "user", "content": [{"text": "You are brief."}, {"text": "Hey!"}]}])
    );
}

#[tokio::test]
async fn sampling_parameters_are_sent_as_the_family_takes_them() {
    let sampled = async |model_id: &str, top_p, fields: Option<Value>, reasoning| {
        let settings = Settings {
            temperature: Some(0.5),
            top_p,
            fields,
            ..Settings::new(model_id)
        };
        let request = Request {
            reasoning,
            max_tokens: 4096,
            ..request()
        };
        sent(settings, request).await.1["inferenceConfig"].clone()
    };
    assert_eq!(
        sampled("amazon.nova-lite-v1:0", Some(0.25), None, false).await,
        json!({"maxTokens": 4096, "temperature": 0.5, "topP": 0.25})
    );
    assert_eq!(
        sampled(CLAUDE, None, None, false).await,
        json!({"maxTokens": 4096, "temperature": 0.5})
    );
    assert_eq!(
        sampled(CLAUDE, None, None, true).await,
        json!({"maxTokens": 4096})
    );
    let highest = json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}});
    let nova_2 = sampled("us.amazon.nova-2-lite-v1:0", None, Some(highest), true).await;
    assert_eq!(nova_2, json!({}));
}

#[tokio::test]
async fn a_client_that_wants_reasoning_is_shown_it() {
    let request = Request {
        reasoning: true,
        ..request()
    };
    let body = body("global.anthropic.claude-sonnet-5-5", request).await;
    assert_eq!(
        body["additionalModelRequestFields"],
        json!({"thinking": {"type": "adaptive", "display": "summarized"}})
    );
}

#[tokio::test]
async fn the_named_family_is_that_of_a_profile() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3";
    let settings = Settings {
        family: Some("anthropic.claude-sonnet-5-5".to_owned()),
        ..Settings::new(arn)
    };
    assert_eq!(
        cache_points(&sent(settings, full_request()).await.1),
        [1, 1, 2]
    );
    assert_eq!(cache_points(&body(arn, full_request()).await), [0, 0, 0]);
}
