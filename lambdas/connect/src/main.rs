//! `$connect`: writes down who came, to which thread, and how they want their frames.

mod clients;
mod config;
mod handler;
mod offer;
mod response;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let connections = Config::from_env()?.connect().await;
    let connections = &connections;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
            Ok::<_, Infallible>(handler::handle(connections, &event.payload).await)
        },
    ))
    .await
}
