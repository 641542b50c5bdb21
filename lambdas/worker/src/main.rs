//! The worker: runs the jobs of the queue.

mod config;
mod deps;
mod handler;
mod model;
mod prices;
mod settings;
mod system_prompt;

use std::convert::Infallible;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let runner = Config::from_env()?.connect().await?;
    let runner = &runner;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Infallible>(handler::handle(runner, event).await)
    }))
    .await
}
