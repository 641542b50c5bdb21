//! `$disconnect`: forgets a connection. The worker of a run sees the row missing.

mod clients;
mod config;
mod handler;

#[cfg(test)]
mod tests;

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
            let done = handler::handle(connections, &event.payload).await;
            done.map_err(|error| format!("{error:#}"))
        },
    ))
    .await
}
