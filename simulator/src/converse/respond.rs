//! Selection of the response: a scenario, the upstream model, or the rules.

use futures::stream::{self, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::{
    conversation::{request::Request, target::Target},
    error::AwsError,
    playback::schedule,
    response::action::{ActionStream, TimedAction},
    rules,
    scenario::select,
    state::Simulator,
    upstream, validation,
};

/// Validates a request and starts its response.
///
/// # Errors
/// `ValidationException` for an invalid request, `ResourceNotFoundException` for a retired model; the error
/// response of a scenario or of the upstream model.
pub(crate) async fn start(
    simulator: &Simulator,
    target: Target<'_>,
    request: &Request,
) -> Result<ActionStream, AwsError> {
    let arrived = Instant::now();
    validation::request::validate(request, target, &simulator.issued)?;
    let step = match select::step(&simulator.scenarios, request)? {
        Some(step) => step,
        None => match &simulator.upstream {
            Some(client) => return upstream::response::start(client, target.model, request).await,
            None => {
                let step = rules::step::of_request(request);
                match target.family {
                    Some(family) => rules::family::adapt(step, request, family),
                    None => step,
                }
            }
        },
    };
    let actions = schedule::actions(&step, request, target, &simulator.issued);
    Ok(timed(actions, arrived))
}

/// Yields each action when it is due. Times count from the arrival of the request, so a late action does not
/// delay the following ones.
fn timed(actions: Vec<TimedAction>, arrived: Instant) -> ActionStream {
    stream::iter(actions)
        .then(move |timed| async move {
            sleep_until(arrived + timed.at).await;
            timed.action
        })
        .boxed()
}
