//! One simulator per test, and clients for it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aws_sdk_bedrockruntime::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    operation::converse_stream::{
        ConverseStreamError, ConverseStreamOutput, builders::ConverseStreamFluentBuilder,
    },
    types::{
        ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole,
        ConverseStreamOutput as Event, Message, ReasoningContentBlock, ReasoningContentBlockDelta,
        ReasoningTextBlock, Tool, ToolConfiguration, ToolInputSchema, ToolResultBlock,
        ToolResultContentBlock, ToolResultStatus, ToolSpecification, ToolUseBlock,
    },
};
use aws_smithy_types::{Blob, Document};
use serde_json::Value;
use simulator::{options::Options, server};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// A simulator that ends with its test.
pub(crate) struct Simulator {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    server: JoinHandle<()>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Simulator {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            server::serve(listener, options, std::future::pending())
                .await
                .unwrap()
        });
        Self {
            url,
            http: reqwest::Client::new(),
            server,
        }
    }

    /// Bedrock Runtime without retries: each fault is seen as it is.
    pub(crate) fn bedrock(&self) -> Client {
        self.bedrock_with(RetryConfig::disabled())
    }

    pub(crate) fn bedrock_with(&self, retries: RetryConfig) -> Client {
        let config = aws_sdk_bedrockruntime::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(&self.url)
            .retry_config(retries);
        Client::from_conf(config.build())
    }

    pub(crate) fn ask(&self, prompt: &str) -> ConverseStreamFluentBuilder {
        self.converse(vec![user(prompt)])
    }

    pub(crate) fn converse(&self, messages: Vec<Message>) -> ConverseStreamFluentBuilder {
        self.bedrock()
            .converse_stream()
            .model_id(MODEL)
            .set_messages(Some(messages))
            .tool_config(tools())
    }

    /// A whole answer to a prompt.
    pub(crate) async fn answer(&self, prompt: &str) -> Answer {
        Answer::read(self.ask(prompt).send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn put_scenario(&self, name: &str, scenario: &Value) {
        let url = format!("{}/_sim/scenarios/{name}", self.url);
        let response = self.http.put(url).json(scenario).send().await.unwrap();
        assert_eq!(response.status(), 204, "{}", response.text().await.unwrap());
    }

    /// The records at a path, as soon as `done` says so.
    pub(crate) async fn eventually(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let records = self.get(path).await;
            if done(&records) {
                return records;
            }
            assert!(Instant::now() < deadline, "{path}: {records}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// What a stream said.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) blocks: BTreeMap<i32, Block>,
    /// The order of events by name, with the index where there is one.
    pub(crate) events: Vec<String>,
    pub(crate) stop: Option<String>,
    pub(crate) usage: Option<(i32, i32, i32)>,
    pub(crate) latency_ms: Option<i64>,
    /// The error that ended it.
    pub(crate) error: Option<String>,
    /// When each delta came, counted from the reading's start.
    pub(crate) arrivals: Vec<Duration>,
}

/// A block, put together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) tool: Option<(String, String)>,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) signature: Option<String>,
    pub(crate) redacted: Option<Vec<u8>>,
    pub(crate) deltas: usize,
    pub(crate) stopped: bool,
}

impl Answer {
    pub(crate) async fn read(mut output: ConverseStreamOutput) -> Self {
        let started = Instant::now();
        let mut answer = Self::default();
        loop {
            match output.stream.recv().await {
                Ok(Some(event)) => answer.take(event, started),
                Ok(None) => return answer,
                Err(error) => {
                    answer.error = Some(format!("{:?}", error));
                    return answer;
                }
            }
        }
    }

    fn take(&mut self, event: Event, started: Instant) {
        match event {
            Event::MessageStart(start) => self.events.push(format!("start {}", start.role)),
            Event::ContentBlockStart(start) => {
                self.events
                    .push(format!("block {}", start.content_block_index));
                let Some(ContentBlockStart::ToolUse(tool)) = start.start else {
                    panic!("only tools start")
                };
                self.block(start.content_block_index).tool = Some((tool.tool_use_id, tool.name));
            }
            Event::ContentBlockDelta(delta) => {
                self.arrivals.push(started.elapsed());
                self.events
                    .push(format!("delta {}", delta.content_block_index));
                self.block(delta.content_block_index)
                    .add(delta.delta.unwrap());
            }
            Event::ContentBlockStop(stop) => {
                self.events
                    .push(format!("stop {}", stop.content_block_index));
                self.block(stop.content_block_index).stopped = true;
            }
            Event::MessageStop(stop) => {
                self.events.push("end".to_owned());
                self.stop = Some(stop.stop_reason.as_str().to_owned());
            }
            Event::Metadata(metadata) => {
                self.events.push("metadata".to_owned());
                self.usage = metadata
                    .usage
                    .map(|usage| (usage.input_tokens, usage.output_tokens, usage.total_tokens));
                self.latency_ms = metadata.metrics.map(|metrics| metrics.latency_ms);
            }
            other => panic!("{other:?}"),
        }
    }

    fn block(&mut self, index: i32) -> &mut Block {
        self.blocks.entry(index).or_default()
    }

    pub(crate) fn text(&self) -> String {
        self.blocks
            .values()
            .filter(|block| block.tool.is_none())
            .map(|block| block.text.as_str())
            .collect()
    }

    /// Name and arguments of each call.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        let calls = self
            .blocks
            .values()
            .filter_map(|block| Some((block.tool.clone()?.1, block)));
        calls
            .map(|(name, block)| (name, serde_json::from_str(&block.text).unwrap_or_default()))
            .collect()
    }

    /// The answer as a message of the next request.
    pub(crate) fn message(&self) -> Message {
        let blocks = self.blocks.values().map(Block::content).collect();
        Message::builder()
            .role(ConversationRole::Assistant)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    }

    /// A user message that answers each call with the same text.
    pub(crate) fn results(&self, text: &str) -> Message {
        let ids = self
            .blocks
            .values()
            .filter_map(|block| Some(block.tool.clone()?.0));
        let blocks = ids.map(|id| result(&id, text)).collect();
        Message::builder()
            .role(ConversationRole::User)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    }
}

impl Block {
    fn add(&mut self, delta: ContentBlockDelta) {
        self.deltas += 1;
        match delta {
            ContentBlockDelta::Text(text) => self.text.push_str(&text),
            ContentBlockDelta::ToolUse(tool) => self.text.push_str(&tool.input),
            ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text)) => {
                self.reasoning.push_str(&text)
            }
            ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Signature(
                signature,
            )) => {
                self.signature = Some(signature);
            }
            ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::RedactedContent(
                data,
            )) => {
                self.redacted = Some(data.into_inner());
            }
            other => panic!("{other:?}"),
        }
    }

    fn content(&self) -> ContentBlock {
        if let Some((id, name)) = &self.tool {
            let input = serde_json::from_str(&self.text).unwrap_or_default();
            let call = ToolUseBlock::builder()
                .tool_use_id(id)
                .name(name)
                .input(document(&input))
                .build()
                .unwrap();
            return ContentBlock::ToolUse(call);
        }
        if let Some(data) = &self.redacted {
            return ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(
                Blob::new(data.clone()),
            ));
        }
        match &self.signature {
            Some(signature) => thought(&self.reasoning, signature),
            None => ContentBlock::Text(self.text.clone()),
        }
    }
}

pub(crate) fn thought(text: &str, signature: &str) -> ContentBlock {
    let block = ReasoningTextBlock::builder()
        .text(text)
        .signature(signature)
        .build()
        .unwrap();
    ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(block))
}

pub(crate) fn user(text: &str) -> Message {
    let text = ContentBlock::Text(text.to_owned());
    Message::builder()
        .role(ConversationRole::User)
        .content(text)
        .build()
        .unwrap()
}

pub(crate) fn result(id: &str, text: &str) -> ContentBlock {
    ContentBlock::ToolResult(result_block(id, text, ToolResultStatus::Success))
}

pub(crate) fn failure(id: &str, text: &str) -> ContentBlock {
    ContentBlock::ToolResult(result_block(id, text, ToolResultStatus::Error))
}

fn result_block(id: &str, text: &str, status: ToolResultStatus) -> ToolResultBlock {
    let content = ToolResultContentBlock::Text(text.to_owned());
    ToolResultBlock::builder()
        .tool_use_id(id)
        .content(content)
        .status(status)
        .build()
        .unwrap()
}

/// The house's three tools and the client's own one.
pub(crate) fn tools() -> ToolConfiguration {
    let tools = ["get_weather", "kb_lookup", "current_time", "top_song"].map(|name| {
        let schema = document(&serde_json::json!({ "type": "object" }));
        let tool = ToolSpecification::builder()
            .name(name)
            .input_schema(ToolInputSchema::Json(schema))
            .build()
            .unwrap();
        Tool::ToolSpec(tool)
    });
    ToolConfiguration::builder()
        .set_tools(Some(tools.into()))
        .build()
        .unwrap()
}

/// JSON as the SDK's own kind of it; only what these tests send.
fn document(json: &Value) -> Document {
    match json {
        Value::Object(fields) => Document::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), document(value)))
                .collect(),
        ),
        Value::String(text) => Document::String(text.clone()),
        Value::Null => Document::Object(Default::default()),
        other => panic!("{other}"),
    }
}

/// The refusal of a request.
pub(crate) async fn refused(request: ConverseStreamFluentBuilder) -> ConverseStreamError {
    request
        .send()
        .await
        .map(|_| ())
        .unwrap_err()
        .into_service_error()
}
