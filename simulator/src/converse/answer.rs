//! Who answers a request: a scenario, the real model, or the rules.

use futures::stream::{self, StreamExt};
use tokio::time::{Instant, sleep_until};

use super::request::Request;
use crate::{
    error::AwsError,
    play::{
        compose,
        cue::{Acts, Cue},
        usage,
    },
    scenario::{definition::Step, play},
    script,
    state::Simulator,
    upstream, validate,
};

/// Decides on the answer and begins it.
///
/// # Errors
/// What Bedrock refuses, what a scenario is told to refuse, what an upstream model refuses.
pub(crate) async fn begin(
    simulator: &Simulator,
    model: &str,
    request: &Request,
) -> Result<Acts, AwsError> {
    let arrived = Instant::now();
    validate::request::check(request, model, &simulator.issued)?;
    let step = match play::step(&simulator.scenarios, request)? {
        Some(step) => step,
        None => match &simulator.upstream {
            Some(client) => return upstream::answer::begin(client, model, request).await,
            None => script::rules::step(request),
        },
    };
    Ok(timed(cues(simulator, model, request, &step), arrived))
}

fn cues(simulator: &Simulator, model: &str, request: &Request, step: &Step) -> Vec<Cue> {
    compose::cues(step, model, usage::of_request(request), &simulator.issued)
}

/// Waits for each act's time. The clock is the request's arrival, so that late acts do not delay later ones.
fn timed(cues: Vec<Cue>, arrived: Instant) -> Acts {
    stream::iter(cues)
        .then(move |cue| async move {
            sleep_until(arrived + cue.at).await;
            cue.act
        })
        .boxed()
}
