//! What the model is asked.

use longwire_adapters::bedrock::Settings;
use longwire_agent::model::{Model, Part, Request, Turn};
use longwire_core::ids::CallId;
use longwire_core::message::Role;
use longwire_core::tool::ToolSpec;
use serde_json::{Value, json};

use super::question;
use super::server::Server;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Everything that may stand in a request.
fn rich() -> Request {
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
    let thinking = Part::Reasoning {
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
                    thinking,
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
        ..question()
    }
}

/// Path and body of this question.
async fn asked(settings: Settings, request: Request) -> (String, Value) {
    let server = Server::saying(Vec::new()).await;
    let answer = server.bedrock_with(settings).stream(request).await;
    drop(answer.expect("an answer"));
    let (path, body) = server.requests().remove(0);
    (path, serde_json::from_str(&body).expect("JSON"))
}

async fn body(model_id: &str, request: Request) -> Value {
    asked(Settings::new(model_id), request).await.1
}

#[tokio::test]
async fn a_rich_request_is_written_as_bedrock_reads_it() {
    let settings = Settings {
        temperature: Some(0.5),
        top_p: Some(0.75),
        fields: Some(json!({"thinking": {"type": "adaptive"}})),
        ..Settings::new(CLAUDE)
    };
    let (path, body) = asked(settings, rich()).await;
    assert_eq!(
        path,
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"
    );
    insta::assert_json_snapshot!(body);
}

#[tokio::test]
async fn the_smallest_request_has_only_what_it_needs() {
    assert_eq!(
        body(CLAUDE, question()).await,
        json!({
            "messages": [{"role": "user", "content": [{"text": "Hey!"}]}],
            "inferenceConfig": {"maxTokens": 100},
            "requestMetadata": {"run": "r_1", "thread": "t_1"},
        })
    );
}

#[tokio::test]
async fn an_arn_is_one_piece_of_the_path() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3";
    let (path, _) = asked(Settings::new(arn), question()).await;
    assert_eq!(
        path,
        "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3/converse-stream"
    );
}

#[tokio::test]
async fn the_same_request_is_the_same_bytes() {
    let server = Server::saying(Vec::new()).await;
    let mut request = rich();
    let properties = (0..12).map(|n| (format!("p{n}"), json!({"type": "string", "minLength": n})));
    request.tools[0].input_schema["properties"] = properties.collect();
    for _ in 0..4 {
        let answer = server.bedrock().stream(request.clone()).await;
        drop(answer.expect("an answer"));
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

/// How many cache points stand in the tools, in the system prompt and in the messages.
fn points(body: &Value) -> [usize; 3] {
    let count = |part: &Value| part.to_string().matches("cachePoint").count();
    [&body["toolConfig"], &body["system"], &body["messages"]].map(count)
}

#[tokio::test]
async fn cache_points_stand_where_the_family_takes_them() {
    assert_eq!(points(&body(CLAUDE, rich()).await), [1, 1, 2]);
    assert_eq!(
        points(&body("eu.amazon.nova-2-lite-v1:0", rich()).await),
        [0, 1, 2]
    );
    assert_eq!(
        points(&body("meta.llama3-3-70b-instruct-v1:0", rich()).await),
        [0, 0, 0]
    );
}

#[tokio::test]
async fn a_result_says_that_it_failed_where_the_family_takes_it() {
    let status = |body: &Value| {
        let results = &body["messages"][2]["content"];
        [0, 1].map(|index| results[index]["toolResult"]["status"].clone())
    };
    assert_eq!(
        status(&body("amazon.nova-lite-v1:0", rich()).await),
        ["success", "error"]
    );
    let other = body("mistral.mistral-large-2407-v1:0", rich()).await;
    assert_eq!(status(&other), [Value::Null, Value::Null]);
}

#[tokio::test]
async fn calls_of_the_past_keep_their_tools_though_none_are_offered() {
    let request = Request {
        tools: Vec::new(),
        ..rich()
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
async fn names_are_made_legal_for_the_invocation_log() {
    let request = Request {
        run_id: longwire_core::ids::RunId::trusted("r ä\n\"1\""),
        thread_id: longwire_core::ids::ThreadId::trusted("t".repeat(300)),
        ..question()
    };
    let metadata = &body(CLAUDE, request).await["requestMetadata"];
    assert_eq!(metadata["run"], "r____1_");
    assert_eq!(metadata["thread"], "t".repeat(256));
}

#[tokio::test]
async fn thinking_that_is_not_base64_never_leaves() {
    let mut request = rich();
    request.turns[1].parts[1] = Part::RedactedReasoning("?".to_owned());
    let server = Server::saying(Vec::new()).await;
    let error = server
        .bedrock()
        .stream(request)
        .await
        .err()
        .expect("refused");
    assert_eq!(error.kind, longwire_agent::model::ModelErrorKind::Invalid);
    assert!(server.requests().is_empty());
}
