//! Bedrock's ConverseStream and Converse as a [`Model`].

pub mod check;
mod document;
mod errors;
mod family;
mod fields;
mod fit;
mod learned;
mod messages;
mod refusal;
mod request;
pub mod settings;
mod sort_keys;
mod stream;
mod tool_loop;
mod unstreamed;

use std::error::Error;
use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use longwire_agent::model::{Delta, Deltas, Model, ModelError, Request};
use tokio::time::timeout;

use crate::bedrock::family::{Family, Tools};
use crate::bedrock::learned::Learned;
use crate::bedrock::refusal::Refusal;
use crate::bedrock::request::Input;
use crate::bedrock::settings::Settings;

/// Model on Bedrock. Built once and reused, because its client holds the connections.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    settings: Settings,
    family: Family,
    learned: Learned,
}

impl Bedrock {
    /// Wraps a client. Its retries are disabled for each request: the agent retries, because only the agent knows
    /// whether a part of the reply was sent.
    pub fn new(client: Client, settings: Settings) -> Self {
        let family = settings.family();
        Self {
            client,
            settings,
            family,
            learned: Learned::default(),
        }
    }

    /// Sends a request, unless the model would refuse a setting of it. A refusal of a part of it that can be left out is
    /// remembered, and the request is sent again without that part; each part is left out once, which bounds the loop.
    async fn send(&self, request: Request) -> Result<Deltas, ModelError> {
        let checked = self.settings.check(request.max_tokens);
        checked.map_err(|bad| errors::misconfigured(&bad))?;
        loop {
            let family = self.learned.applied(self.family);
            let error = match self.call(request.clone(), &family).await {
                Ok(deltas) => return Ok(normalised(deltas, family)),
                Err(error) => error,
            };
            let refusal = Refusal::of(&error).filter(|refusal| refusal.applied(family) != family);
            let Some(refusal) = refusal else {
                return Err(error);
            };
            if self.learned.add(refusal) {
                tracing::warn!(
                    event = "model_refusal_learned",
                    model = %self.settings.model_id,
                    left_out = refusal.left_out(),
                    "the model refused a part of a request, which is left out from now on"
                );
            }
        }
    }

    async fn call(&self, request: Request, family: &Family) -> Result<Deltas, ModelError> {
        let input = Input::new(request, &self.settings, family)?;
        if family.tools == Tools::Unstreamed && input.has_tools() {
            self.unstreamed(input).await
        } else {
            self.streamed(input).await
        }
    }

    async fn streamed(&self, input: Input) -> Result<Deltas, ModelError> {
        let call = input.streamed(self.client.converse_stream(), &self.settings.model_id);
        let reply = call
            .customize()
            .config_override(without_retries())
            .mutate_request(sort_keys::sort_keys)
            .send();
        let reply = begun(self.settings.idle, reply).await?;
        Ok(stream::deltas(reply.stream, self.settings.idle))
    }

    /// Calls Converse. Nothing arrives before the reply is complete, so the idle limit is that of the whole reply.
    async fn unstreamed(&self, input: Input) -> Result<Deltas, ModelError> {
        let call = input.unstreamed(self.client.converse(), &self.settings.model_id);
        let reply = call
            .customize()
            .config_override(without_retries())
            .mutate_request(sort_keys::sort_keys)
            .send();
        let reply = begun(self.settings.idle, reply).await?;
        unstreamed::deltas(reply)
    }
}

/// Waits for a reply to begin, for the idle limit at most.
async fn begun<T, E>(
    idle: Duration,
    reply: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<T, ModelError>
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let reply = timeout(idle, reply).await.map_err(|_| errors::idle(idle))?;
    reply.map_err(|error| errors::before_reply(&error))
}

fn without_retries() -> Builder {
    Builder::new().retry_config(RetryConfig::disabled())
}

/// Token counts as the product counts them.
fn normalised(deltas: Deltas, family: Family) -> Deltas {
    let normalised = move |delta| match delta {
        Delta::Metadata { usage, latency_ms } => Delta::Metadata {
            usage: usage.map(|usage| family.normalised(usage)),
            latency_ms,
        },
        other => other,
    };
    deltas.map_ok(normalised).boxed()
}

impl Model for Bedrock {
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>> {
        self.send(request).boxed()
    }

    fn id(&self) -> &str {
        &self.settings.model_id
    }

    fn context_tokens(&self) -> u64 {
        self.family.context_tokens()
    }
}
