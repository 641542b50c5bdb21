//! How a run begins for its clients.

use std::collections::BTreeSet;

use serde_json::{Map, json};
use shared::aws::threads::fence::Fence;
use shared::ids::ConnectionId;
use shared::run::{Cursor, RunInput, RunRow};
use shared::sender::handle::Stopped;
use shared::sender::log::Log;
use shared::wire::event::{Event, InputMessage, PROTOCOL_VERSION, RunInput as WireInput};
use shared::wire::line::{Draft, Notes};

use crate::running::Running;

/// The longest prompt that other tabs are shown, in bytes.
const MAX_SHOWN_PROMPT: usize = 8 * 1024;

/// The restarts whose lines are told again: the last one, and those right before it, whose workers died
/// before they logged anything. A client steps through every restart.
fn untold(restarts: &[u64]) -> &[u64] {
    let chained = restarts
        .windows(2)
        .rev()
        .take_while(|pair| pair[1] == pair[0] + 1)
        .count();
    &restarts[restarts.len().saturating_sub(chained + 1)..]
}

/// The last line that stands of workers before this one and need not be told; 0 at a run's first worker.
/// RUN_STARTED is never void, but a worker that died early may not have logged it: it is made again, of the
/// same bytes.
fn standing(restarts: &[u64]) -> u64 {
    untold(restarts)
        .first()
        .copied()
        .filter(|&keep| keep > 1)
        .unwrap_or(0)
}

/// Where the run's lines go on.
pub(crate) fn log(fence: &Fence, row: &RunRow) -> Log {
    Log::resume(
        fence.run_id.clone(),
        row.restarts.clone(),
        standing(&row.restarts),
    )
}

/// Attaches who watches and tells them that the run begins, or goes on after a restart. Returns who watches.
pub(crate) async fn open(running: &Running<'_>) -> Result<BTreeSet<ConnectionId>, Stopped> {
    let Running {
        taken,
        fence,
        lines,
        ..
    } = running;
    let mut cursors = taken.row.attached.clone();
    let from = standing(&taken.row.restarts);
    for (id, shape) in &taken.start.watchers {
        cursors
            .entry(id.clone())
            .or_insert(Cursor::new(from, *shape));
    }
    for (id, cursor) in &cursors {
        let after = cursor.after.max(from);
        lines
            .attach(id.clone(), Cursor { after, ..*cursor })
            .await?;
    }
    if from == 0 {
        lines.emit(run_started(fence, &taken.start.input)).await?;
    }
    for keep in untold(&taken.row.restarts) {
        lines.emit(Event::restart(*keep)).await?;
    }
    Ok(cursors.into_keys().collect())
}

/// Made from the run's rows alone, so that every worker makes the same bytes.
fn run_started(fence: &Fence, input: &RunInput) -> Draft {
    let thread_id = fence.key.thread_id.clone();
    let run_id = fence.run_id.clone();
    let message = InputMessage {
        id: input.message_id.clone(),
        role: "user".to_owned(),
        content: input.prompt.clone(),
    };
    let shown = (input.prompt.len() <= MAX_SHOWN_PROMPT).then(|| {
        Box::new(WireInput {
            thread_id: thread_id.clone(),
            run_id: run_id.clone(),
            messages: vec![message],
            tools: Vec::new(),
            context: input.context.iter().map(|fact| json!(fact)).collect(),
            state: Map::new(),
            forwarded_props: Map::new(),
        })
    });
    let event = Event::RunStarted {
        thread_id,
        run_id,
        protocol_version: PROTOCOL_VERSION.to_owned(),
        input: shown,
    };
    event.noted(Notes {
        origin: Some("user".to_owned()),
        ..Notes::default()
    })
}

/// The system prompt, with what the client wants the model to know.
pub(crate) fn system(configured: &str, input: &RunInput) -> String {
    let mut system = configured.to_owned();
    if !input.context.is_empty() {
        system.push_str("\n\nWhat the client says about the user's situation:");
    }
    for fact in &input.context {
        system.push_str(&format!("\n- {}: {}", fact.description, fact.value));
    }
    system
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;

    #[test]
    fn lines_go_on_after_the_last_one_that_need_not_be_told() {
        assert_eq!(standing(&[]), 0, "a first worker begins");
        assert_eq!(
            standing(&[1]),
            0,
            "RUN_STARTED may not be in the log: it is made again"
        );
        assert_eq!(standing(&[4, 9]), 9);
        assert_eq!(
            standing(&[4, 9, 10]),
            9,
            "the restart after line 9 was not logged"
        );
        assert_eq!(untold(&[4, 9, 10]), [9, 10]);
        assert_eq!(untold(&[1, 2, 3]), [1, 2, 3]);
        assert!(untold(&[]).is_empty());
    }

    #[test]
    fn what_the_client_says_of_its_user_follows_the_system_prompt() {
        let input = json!({
            "v": 1, "messageId": "u_1", "prompt": "?", "ttl": 0,
            "context": [{ "description": "locale", "value": "de-DE" }]
        });
        let input: RunInput = from_value(input).expect("an input");
        assert!(system("Be good.", &input).ends_with("\n- locale: de-DE"));
        let input = RunInput {
            context: Vec::new(),
            ..input
        };
        assert_eq!(system("Be good.", &input), "Be good.");
    }
}
