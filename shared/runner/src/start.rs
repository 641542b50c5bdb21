//! How a run begins for its clients.

use std::collections::BTreeMap;

use longwire_core::ids::ConnectionId;
use longwire_core::run::{Cursor, RunInput, RunRow};
use longwire_protocol::event::{Event, InputMessage, PROTOCOL_VERSION, RunInput as WireInput};
use longwire_protocol::numbered::{Annotations, Draft};
use longwire_store::threads::claim::Claim;
use longwire_store::threads::lease::RunLease;
use longwire_stream::event_log::EventLog;
use longwire_stream::sink::Stopped;
use serde_json::{Map, json};

use crate::running::Running;

/// The longest prompt that other tabs are shown, in bytes.
const MAX_SHOWN_PROMPT: usize = 8 * 1024;

/// The restarts whose lines are told again: the last one, unless it is in the log already, and those right
/// before it, whose workers died before they logged anything. A client steps through every restart.
fn untold(row: &RunRow) -> &[u64] {
    let restarts = row.restarts.as_slice();
    if restarts.last().is_none_or(|keep| keep + 1 < row.last_seq) {
        return &[];
    }
    let chained = restarts
        .windows(2)
        .rev()
        .take_while(|pair| pair[1] == pair[0] + 1)
        .count();
    &restarts[restarts.len() - chained - 1..]
}

/// The last line of workers before this one that stands and need not be told; 0 at a run's first worker.
/// RUN_STARTED is never void, but a worker that died early may not have logged it: it is made again, of the
/// same bytes.
fn standing(row: &RunRow) -> u64 {
    match untold(row).first() {
        Some(&keep) if keep > 1 => keep,
        Some(_) => 0,
        None => row.last_seq,
    }
}

/// Where the run's lines go on.
pub(crate) fn log(fence: &RunLease, row: &RunRow) -> EventLog {
    let thread = fence.key.thread_id.clone();
    let run = fence.run_id.clone();
    EventLog::resume(thread, run, row.restarts.clone(), standing(row))
}

/// Attaches who watches and tells them that the run begins, or goes on after a restart. Returns who watches, and
/// when they asked to.
pub(crate) async fn open(running: &Running<'_>) -> Result<BTreeMap<ConnectionId, u64>, Stopped> {
    let Running {
        taken,
        fence,
        lines,
        ..
    } = running;
    let mut cursors = taken.found.row.subscribers.clone();
    let row = &taken.found.row;
    let from = standing(row);
    for (id, shape) in &taken.start.watchers {
        cursors
            .entry(id.clone())
            .or_insert(Cursor::new(from, *shape));
    }
    for (id, cursor) in &cursors {
        // Nobody wrote down what a dead worker's connections have taken; whoever lacks a line asks for it.
        let guess = taken.found.came == Claim::Reclaimed && cursor.requested_at == 0;
        let after = if guess {
            cursor.after.max(from)
        } else {
            cursor.after
        };
        lines
            .attach(id.clone(), Cursor { after, ..*cursor })
            .await?;
    }
    if from == 0 {
        let readable = (!taken.start.broken).then_some(&taken.start.input);
        lines.emit(run_started(fence, readable)).await?;
    }
    for keep in untold(row) {
        lines.emit(Event::restart(*keep)).await?;
    }
    let asked = cursors
        .into_iter()
        .map(|(id, cursor)| (id, cursor.requested_at));
    Ok(asked.collect())
}

/// Made from the run's rows alone, so that every worker makes the same bytes.
pub(crate) fn run_started(fence: &RunLease, input: Option<&RunInput>) -> Draft {
    let thread_id = fence.key.thread_id.clone();
    let run_id = fence.run_id.clone();
    let shown = input.filter(|input| input.prompt.len() <= MAX_SHOWN_PROMPT);
    let shown = shown.map(|input| {
        let message = InputMessage {
            id: input.message_id.clone(),
            role: "user".to_owned(),
            content: input.prompt.clone(),
        };
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
    event.annotated(Annotations {
        origin: Some("user".to_owned()),
        ..Annotations::default()
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

    fn row(restarts: &[u64], last_seq: u64) -> RunRow {
        let row = json!({
            "v": 2, "status": "running", "epoch": 2, "restarts": restarts, "lastSeq": last_seq,
            "onGone": "cancel", "messageId": "u_1", "startedAt": 0, "ttl": 0
        });
        from_value(row).expect("a row")
    }

    #[test]
    fn lines_go_on_after_the_last_one_that_need_not_be_told() {
        assert_eq!(standing(&row(&[], 0)), 0, "a first worker begins");
        assert_eq!(
            standing(&row(&[1], 2)),
            0,
            "RUN_STARTED may not be in the log: it is made again"
        );
        assert_eq!(standing(&row(&[4, 9], 10)), 9);
        assert_eq!(
            standing(&row(&[4, 9, 10], 11)),
            9,
            "the restart after line 9 was not logged"
        );
        assert_eq!(untold(&row(&[4, 9, 10], 11)), [9, 10]);
        assert_eq!(untold(&row(&[1, 2, 3], 4)), [1, 2, 3]);
        assert!(untold(&row(&[], 0)).is_empty());
    }

    #[test]
    fn after_a_planned_hand_over_nothing_is_told_again() {
        assert_eq!(standing(&row(&[], 12)), 12);
        assert_eq!(standing(&row(&[4], 12)), 12, "its restart is in the log");
        assert!(untold(&row(&[4], 12)).is_empty());
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
