//! A run in one worker: from its lease to its end.

use longwire_agent::ctx::{Ctx, Step};
use longwire_agent::outcome::{Exit, Outcome};
use longwire_agent::run::run;
use longwire_core::message::Message;
use longwire_core::run::CancelReason;
use longwire_core::run::RunErrorCode;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::deps::Deps;
use crate::finish::end;
use crate::hand_over::pass_on;
use crate::running::{Lost, Running};
use crate::start::{log, open, system};
use crate::supervisor::{Signals, Watch};
use crate::taken::Taken;
use crate::writer::Writer;

/// How many workers may die on a run. The next one ends it.
const MAX_CRASHES: u32 = 3;

/// How the loop left the run.
enum Left {
    /// It is to end so.
    Over(Result<(Outcome, Vec<Message>), RunErrorCode>),
    /// It goes on with its next step in the next worker.
    HandedOver,
    /// Its step was cut off, and is made once more by the next worker.
    Cut,
}

/// Runs the run to its end.
pub(crate) async fn execute(deps: &Deps, taken: Taken<'_>) -> Result<(), Lost> {
    let fence = taken.fence(deps);
    let (confirmed, lease) = watch::channel(taken.found.lease);
    let log = log(&fence, &taken.found.row);
    let (lines, notices) = longwire_stream::spawn(
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
        let (cut, time_is_up) = watch::channel(false);
        let (steps, stored) = mpsc::channel(1);
        let signals = Signals {
            stop,
            cut,
            gone,
            step: writer.step(),
        };
        let mut watch = Watch::new(&running, open(&running).await?, notices, signals);
        let ctx = context(&running, steps, stopped, lease);
        let answer = async { Ok(until_cut(converse(ctx, &running), time_is_up).await) };
        // The loop, what stores its steps behind it, and what watches over it, side by side.
        let left = tokio::select! {
            both = async { tokio::try_join!(answer, writer.serve(stored, gone_since)) } => both?.0,
            lost = watch.run() => return Err(lost),
        };
        let cut = match left {
            Left::Over(result) => return end(&running, &mut writer, &mut watch, result).await,
            Left::HandedOver => None,
            Left::Cut => Some(writer.cut()),
        };
        pass_on(&running, &writer, &mut watch, cut).await
    };
    let ended = ended.await;
    // Nothing of this run may be under way when the function is frozen.
    running.lines.stop().await;
    ended
}

fn context<'a>(
    running: &'a Running<'_>,
    steps: mpsc::Sender<Step>,
    stop: watch::Receiver<Option<CancelReason>>,
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
        events: lines.clone(),
        steps,
        cancel: stop,
        lease,
        hand_over_at: taken.time.until(),
        run_id: fence.run_id.clone(),
        thread_id: fence.key.thread_id.clone(),
        system: system(&deps.settings.system_prompt, &taken.start.input),
        reasoning: taken.start.input.reasoning,
        limits: taken.limits(deps.settings.limits),
    }
}

/// The loop, unless its step is cut off. What it has handed on to be stored, is stored in either case.
async fn until_cut(answer: impl Future<Output = Left>, mut cut: watch::Receiver<bool>) -> Left {
    tokio::select! {
        left = answer => left,
        Ok(_) = cut.wait_for(|cut| *cut) => Left::Cut,
    }
}

/// The loop over this run's conversation. The context is dropped with its end, by which the writer knows
/// that no more steps come.
async fn converse(ctx: Ctx<'_>, running: &Running<'_>) -> Left {
    let taken = &running.taken;
    if taken.found.row.crashes >= MAX_CRASHES {
        give_up(running).await;
        return Left::Over(Err(RunErrorCode::WorkerLost));
    }
    if taken.start.broken {
        return Left::Over(Err(RunErrorCode::Internal));
    }
    let stored = taken
        .start
        .history
        .messages
        .iter()
        .map(|stored| stored.message.clone());
    let mut conversation: Vec<Message> = stored.chain(taken.unstored_prompt()).collect();
    match run(&ctx, &mut conversation, taken.first_step()).await {
        Ok(Exit::Ended { outcome, messages }) => Left::Over(Ok((outcome, messages))),
        Ok(Exit::HandOver) => Left::HandedOver,
        Err(failure) => {
            tracing::error!(error = %failure, "the run failed");
            Left::Over(Err(failure.code()))
        }
    }
}

/// A run on which worker after worker died is ended, and its job kept for whoever looks into it.
async fn give_up(Running { deps, taken, .. }: &Running<'_>) {
    tracing::error!(crashes = taken.found.row.crashes, "the run is given up");
    if let Err(fault) = deps.dead_letters.send(taken.delivery.job).await {
        tracing::error!(%fault, "the job could not be copied to the dead letters");
    }
}
