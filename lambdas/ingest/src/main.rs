//! Function of the route `$default`: handles every request of a client. A prompt is recorded and queued here; a worker
//! runs it.

mod config;
mod deps;
mod settings;

mod handler;
mod received;

mod call;
mod closing;
mod drain;
mod failure;

mod actions;
mod active_threads;
mod schemas;
mod thread_history;

mod answer;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = Config::from_env()?.connect().await?;
    let deps = &deps;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
            Ok::<_, Infallible>(handler::handle(deps, &event.payload).await)
        },
    ))
    .await
}
