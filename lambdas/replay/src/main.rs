//! Function of the queue `replays`: posts the events of ended runs again, so that readers cost no run its worker, and
//! closes connections.

mod config;
mod deps;

mod handler;
mod session;

mod closing;
mod lease;
mod replay;
mod watch;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = &Config::from_env()?.connect().await;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Infallible>(handler::handle(deps, event).await)
    }))
    .await
}
