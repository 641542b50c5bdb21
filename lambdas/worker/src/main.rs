//! The worker: owns runs, from the model's stream to every frame of theirs.

mod clients;
mod config;
mod deps;
mod settings;

mod delivery;
mod execute;
mod handler;
mod load;
mod moving;
mod replay;
mod running;
mod taken;

mod clock;
mod ending;
mod opening;
mod pages;
mod passing;
mod polling;
mod time;
mod watching;
mod writer;

use std::convert::Infallible;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::telemetry::init();
    let deps = Config::from_env()?.connect().await?;
    let deps = &deps;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Infallible>(handler::handle(deps, event).await)
    }))
    .await
}
