//! A run in one worker: from its lease to its end.

use shared::agent::ctx::{Ctx, Step};
use shared::agent::run::{Failure, Finished, run};
use shared::aws::threads::fence::Fence;
use shared::message::{Message, Role};
use shared::sender;
use shared::sender::handle::{Handle, Stopped};
use shared::wire::line::Reason;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::deps::Deps;
use crate::ending::end;
use crate::opening::{log, open, system};
use crate::taken::Taken;
use crate::watching::Watch;
use crate::writer::Writer;

/// This worker's word for the run no longer holds, or the store does not take it. Nothing more may be
/// written or posted; the message goes back to the queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the run is not this worker's any more: {0}")]
pub(crate) struct Lost(pub String);

impl From<Stopped> for Lost {
    fn from(stopped: Stopped) -> Self {
        Self(stopped.to_string())
    }
}

/// A run while a worker has it: what all its parts look at.
pub(crate) struct Running<'a> {
    /// What the worker works with.
    pub deps: &'a Deps,
    /// How the run came here.
    pub taken: Taken<'a>,
    /// This worker's right to write it.
    pub fence: Fence,
    /// Where its lines go.
    pub lines: Handle,
}

/// Runs the run to its end.
pub(crate) async fn execute(deps: &Deps, taken: Taken<'_>) -> Result<(), Lost> {
    let fence = taken.fence(deps);
    let (confirmed, lease) = watch::channel(taken.lease);
    let log = log(&fence, &taken.row);
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
        let (gone, gone_notes) = mpsc::channel(1);
        let (steps, stored) = mpsc::channel(1);
        let mut watch = Watch::new(&running, open(&running).await?, stop, gone);
        let answer = converse(context(&running, steps, stopped, lease), &running.taken);
        // The loop, what stores its steps behind it, and what watches over it, side by side.
        let result = tokio::select! {
            both = async { tokio::try_join!(answer, writer.serve(stored, gone_notes)) } => both?.0,
            lost = watch.run(notices) => return Err(lost),
        };
        end(&running, &mut writer, &mut watch, result).await
    };
    let ended = ended.await;
    if ended.is_err() {
        running.lines.stop().await;
    }
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
        system: system(&deps.settings.system_prompt, &taken.input),
        reasoning: taken.input.reasoning,
        limits: taken.limits(deps.settings.limits),
    }
}

/// The loop over this run's conversation. The context is dropped with its end, by which the writer knows
/// that no more steps come.
async fn converse(ctx: Ctx<'_>, taken: &Taken<'_>) -> Result<Result<Finished, Failure>, Lost> {
    let stored = taken
        .start
        .history
        .messages
        .iter()
        .map(|stored| stored.message.clone());
    let mut conversation: Vec<Message> = stored.chain(taken.unstored_prompt()).collect();
    let ours = conversation
        .iter()
        .filter(|message| message.run_id == ctx.run_id);
    let steps_so_far = ours
        .filter(|message| message.role == Role::Assistant)
        .count();
    let first = u32::try_from(steps_so_far)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    Ok(run(&ctx, &mut conversation, first).await)
}
