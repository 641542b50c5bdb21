//! A run in one worker: from its lease to its end.

use shared::agent::ctx::{Ctx, Step};
use shared::agent::run::{Finished, run};
use shared::message::Message;
use shared::sender;
use shared::wire::event::RunErrorCode;
use shared::wire::line::Reason;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::deps::Deps;
use crate::ending::end;
use crate::opening::{log, open, system};
use crate::running::{Lost, Running};
use crate::taken::Taken;
use crate::watching::Watch;
use crate::writer::Writer;

/// How many workers may die on a run. The next one ends it.
const MAX_CRASHES: u32 = 3;

/// Runs the run to its end.
pub(crate) async fn execute(deps: &Deps, taken: Taken<'_>) -> Result<(), Lost> {
    let fence = taken.fence(deps);
    let (confirmed, lease) = watch::channel(taken.found.lease);
    let log = log(&fence, &taken.found.row);
    let (lines, notices) = sender::spawn(
        deps.settings.sender.clone(),
        deps.post.clone(),
        lease.clone(),
        log,
    );
    let running = Running {
        deps,
        taken,
        fence,
        lines,
    };
    let mut writer = Writer::new(&running, confirmed);
    let ended = async {
        let (stop, stopped) = watch::channel(None);
        let (gone, gone_since) = watch::channel(None);
        let (steps, stored) = mpsc::channel(1);
        let mut watch = Watch::new(&running, open(&running).await?, stop, gone);
        let answer = converse(context(&running, steps, stopped, lease), &running);
        // The loop, what stores its steps behind it, and what watches over it, side by side.
        let result = tokio::select! {
            both = async { tokio::try_join!(answer, writer.serve(stored, gone_since)) } => both?.0,
            lost = watch.run(notices) => return Err(lost),
        };
        end(&running, &mut writer, &mut watch, result).await
    };
    let ended = ended.await;
    // Nothing of this run may be under way when the function is frozen.
    running.lines.stop().await;
    ended
}

fn context<'a>(
    running: &'a Running<'_>,
    steps: mpsc::Sender<Step>,
    stop: watch::Receiver<Option<Reason>>,
    lease: watch::Receiver<Instant>,
) -> Ctx<'a> {
    let Running {
        deps,
        taken,
        fence,
        lines,
    } = running;
    Ctx {
        model: deps.model.as_ref(),
        tools: &deps.tools,
        lines: lines.clone(),
        steps,
        stop,
        lease,
        run_id: fence.run_id.clone(),
        thread_id: fence.key.thread_id.clone(),
        system: system(&deps.settings.system_prompt, &taken.start.input),
        reasoning: taken.start.input.reasoning,
        limits: taken.limits(deps.settings.limits),
    }
}

/// The loop over this run's conversation. The context is dropped with its end, by which the writer knows
/// that no more steps come.
async fn converse(
    ctx: Ctx<'_>,
    running: &Running<'_>,
) -> Result<Result<Finished, RunErrorCode>, Lost> {
    let taken = &running.taken;
    if taken.found.row.crashes >= MAX_CRASHES {
        give_up(running).await;
        return Ok(Err(RunErrorCode::WorkerLost));
    }
    let stored = taken
        .start
        .history
        .messages
        .iter()
        .map(|stored| stored.message.clone());
    let mut conversation: Vec<Message> = stored.chain(taken.unstored_prompt()).collect();
    let result = run(&ctx, &mut conversation, taken.first_step()).await;
    Ok(result.map_err(|failure| {
        tracing::error!(error = %failure, "the run failed");
        failure.code()
    }))
}

/// A run on which worker after worker died is ended, and its job kept for whoever looks into it.
async fn give_up(Running { deps, taken, .. }: &Running<'_>) {
    tracing::error!(crashes = taken.found.row.crashes, "the run is given up");
    if let Err(fault) = deps.dead_letters.send(taken.delivery.job).await {
        tracing::error!(%fault, "the job could not be copied to the dead letters");
    }
}
