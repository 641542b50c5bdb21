//! Function that delivers the events of other services to the connections of a user, a thread or a room. Services invoke it, or
//! send events to its queue, directly or by EventBridge or SNS.

mod config;
mod deps;
mod settings;

mod bad_request;
mod envelope;
mod handler;
mod request;
mod response;

mod broadcast;
mod delivery;
mod drain;
mod post;
mod prompt;

#[cfg(test)]
mod tests;

use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = &Config::from_env()?.connect().await;
    run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        handler::handle(deps, event).await
    }))
    .await
}
