//! Function of a schedule, once a minute: moves overdue runs, whose job was lost.

mod config;
mod deps;
mod handler;

#[cfg(test)]
mod tests;

use lambda_runtime::{LambdaEvent, run, service_fn};
use longwire_lambda::telemetry;
use serde_json::Value;

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let deps = &Config::from_env()?.connect().await;
    run(service_fn(async |_: LambdaEvent<Value>| {
        let done = handler::handle(deps).await;
        done.map_err(|error| format!("{error:#}"))
    }))
    .await
}
