//! Once a minute: finds runs whose message got lost, and sends it again, or ends them if they never got into line.

mod config;
mod deps;
mod handler;

use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::Value;

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = Config::from_env()?.connect().await;
    let deps = &deps;
    run(service_fn(async |_: LambdaEvent<Value>| {
        let done = handler::handle(deps).await;
        done.map_err(|error| format!("{error:#}"))
    }))
    .await
}
