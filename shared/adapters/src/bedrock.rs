//! The model: Bedrock's ConverseStream behind [`Model`].

mod document;
mod errors;
mod family;
mod messages;
mod request;
mod stable;
mod stream;

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::time::timeout;

use family::Family;
use longwire_agent::model::{Deltas, Model, ModelError, Request};

/// How long the model may say nothing, unless configured: with thinking, minutes are usual.
pub const IDLE: Duration = Duration::from_secs(180);

/// What a deployment asks of its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// A model id, an inference profile's id or the ARN of either.
    pub model_id: String,
    /// How freely it speaks, 0 to 1. Models refuse it while they think.
    pub temperature: Option<f32>,
    /// How much of the likely words it considers, 0 to 1. Models refuse it while they think.
    pub top_p: Option<f32>,
    /// Whatever else the model takes, such as `{"thinking":{"type":"adaptive"}}`: an object
    /// (`additionalModelRequestFields`).
    pub fields: Option<Value>,
    /// How long it may say nothing: before its answer begins, and between two events of it. Nothing else
    /// limits a stream: the SDK's time limits end when the answer begins, and its protection against
    /// stalled streams leaves event streams out.
    pub idle: Duration,
}

impl Settings {
    /// This model as it is.
    pub fn new(model_id: impl Into<String>) -> Self {
        Self {
            model_id: model_id.into(),
            temperature: None,
            top_p: None,
            fields: None,
            idle: IDLE,
        }
    }
}

/// A model on Bedrock. Build it once: it keeps its connection.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    settings: Settings,
    family: Family,
}

impl Bedrock {
    /// Through this client. Its retries are switched off here: the agent tries again, because only it knows
    /// whether something of the answer was sent already.
    pub fn new(client: Client, settings: Settings) -> Self {
        let family = Family::of(&settings.model_id);
        Self {
            client,
            settings,
            family,
        }
    }

    async fn ask(&self, request: Request) -> Result<Deltas, ModelError> {
        let question = request::fill(
            self.client.converse_stream(),
            request,
            &self.settings,
            self.family,
        )?;
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let question = question.customize().config_override(once);
        let answer = question.mutate_request(stable::sort_keys).send();
        let idle = self.settings.idle;
        let answer = timeout(idle, answer)
            .await
            .map_err(|_| errors::silent(idle))?;
        let answer = answer.map_err(|error| errors::before(&error))?;
        Ok(stream::deltas(answer.stream, idle))
    }
}

impl Model for Bedrock {
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>> {
        self.ask(request).boxed()
    }
}
