//! The loop: ask, run tools, ask again.

use std::time::Duration;

use tokio::time::Instant;

use crate::ctx::Ctx;
use crate::outcome::{Exit, Outcome};
use crate::reply::Failure;
use crate::transcript::Transcript;
use longwire_core::message::Message;

/// Answers the last message of `conversation`, beginning with step `first` (1, or where a worker before
/// this one came to). When that message is the run's own and marked `calling`, the model was asked in that
/// step already and only its calls are left. Everything said is pushed onto `conversation`.
///
/// A worker that begins makes one step at least, so that a run that is handed over comes nearer to its end.
pub async fn run(
    ctx: &Ctx<'_>,
    conversation: &mut Vec<Message>,
    first: u32,
) -> Result<Exit, Failure> {
    let mut said = Transcript::new(conversation);
    let mut longest = Duration::ZERO;
    // Calls that were begun are answered, even when the run may take fewer steps by now.
    let last = match said.is_calling(ctx) {
        true => ctx.limits.max_steps.max(first),
        false => ctx.limits.max_steps,
    };
    for step in first..=last {
        let begun = Instant::now();
        let ending = said.step(ctx, step).await?;
        if let Some(ending) = ending.or_else(|| ctx.stopped().map(Outcome::Stopped)) {
            return Ok(said.ended(ending));
        }
        if step >= ctx.limits.max_steps {
            break;
        }
        said.hand_on(ctx).await?;
        if let Some(reason) = ctx.stopped() {
            return Ok(said.ended(Outcome::Stopped(reason)));
        }
        longest = longest.max(begun.elapsed());
        if Instant::now() + longest > ctx.until {
            return Ok(Exit::HandOver);
        }
    }
    Ok(said.ended(Outcome::OutOfSteps))
}
