//! `$default`: every message of a client. It is validated, recorded, queued and answered at once.

mod config;
mod deps;

mod handler;
mod hello;
mod history;
mod prompt;
mod resume;
mod thread;
mod thread_page;

mod answer;
mod cancel;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = Config::from_env()?.connect().await;
    let deps = &deps;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
            Ok::<_, Infallible>(handler::handle(deps, &event.payload).await)
        },
    ))
    .await
}
