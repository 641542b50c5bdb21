//! Bedrock's ConverseStream as a [`Model`].

mod document;
mod errors;
mod family;
mod messages;
mod request;
pub mod settings;
mod sort_keys;
mod stream;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use futures::FutureExt;
use futures::future::BoxFuture;
use longwire_agent::model::{Deltas, Model, ModelError, Request};
use tokio::time::timeout;

use crate::bedrock::family::Family;
use crate::bedrock::settings::Settings;

/// Context window that the current models have at least, in tokens.
const CONTEXT_TOKENS: u64 = 200_000;

/// Model on Bedrock. Built once and reused, because its client holds the connections.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    settings: Settings,
    family: Family,
}

impl Bedrock {
    /// Wraps a client. Its retries are disabled for each request: the agent retries, because only the agent knows
    /// whether a part of the reply was sent.
    pub fn new(client: Client, settings: Settings) -> Self {
        let family = Family::of(&settings.model_id);
        Self {
            client,
            settings,
            family,
        }
    }

    async fn send(&self, request: Request) -> Result<Deltas, ModelError> {
        let call = request::fill(
            self.client.converse_stream(),
            request,
            &self.settings,
            self.family,
        )?;
        let without_retries = Builder::new().retry_config(RetryConfig::disabled());
        let reply = call
            .customize()
            .config_override(without_retries)
            .mutate_request(sort_keys::sort_keys)
            .send();
        let idle = self.settings.idle;
        let reply = timeout(idle, reply)
            .await
            .map_err(|_| errors::idle(idle))?
            .map_err(|error| errors::before_reply(&error))?;
        Ok(stream::deltas(reply.stream, idle))
    }
}

impl Model for Bedrock {
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>> {
        self.send(request).boxed()
    }

    fn id(&self) -> &str {
        &self.settings.model_id
    }

    fn context_tokens(&self) -> u64 {
        CONTEXT_TOKENS
    }
}
