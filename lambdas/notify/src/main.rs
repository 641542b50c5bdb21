//! Function on the stream of the table of threads: puts an event on the bus of the deployment when a run has ended whose
//! client asked for it.

mod config;
mod deps;

mod bus;
mod event;
mod handler;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use aws_lambda_events::dynamodb::Event;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = &Config::from_env()?.connect();
    run(service_fn(async |event: LambdaEvent<Event>| {
        Ok::<_, Infallible>(handler::handle(deps, event).await)
    }))
    .await
}
