//! A run is stopped, or its worker dies, at every moment of its life.

use std::collections::BTreeMap;
use std::time::Duration;

use longwire_agent::context_window::{Window, turns};
use longwire_agent::model::{Delta, StopReason, Thought};
use longwire_agent::outcome::{Finished, Outcome};
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::CancelReason;
use serde_json::Value;

use super::script::{Call, Script, answer, call, end, input, text};
use super::stage::{Played, Stage, Stored};
use crate::context_window::rules::check;
use crate::tool_box::Library;

const TICK: Duration = Duration::from_millis(5);

/// Everything an answer can hold: about 160 ms.
fn calling() -> Call {
    let thought = |text: &str| Delta::Reasoning {
        block: 0,
        thought: Thought::Text(text.to_owned()),
    };
    let wanted = [
        thought("Hm, "),
        thought("rates."),
        end(0),
        text(1, "Let me "),
        text(1, "see."),
        end(1),
        call(2, "kb_lookup"),
        call(3, "current_time"),
        input(2, "{\"query\":"),
        input(3, "{\"timezone\":"),
        input(2, "\"rates\"}"),
        input(3, "\"UTC\"}"),
        end(3),
        end(2),
    ];
    answer(wanted, StopReason::ToolUse)
}

fn last() -> Call {
    answer(
        [text(0, "So "), text(0, "be it."), end(0)],
        StopReason::EndTurn,
    )
}

/// The stored conversation, when `steps` and `end` were stored after `before`.
fn kept<'a>(
    before: &[Message],
    steps: impl IntoIterator<Item = &'a Stored>,
    end: &[Message],
) -> Vec<Message> {
    let mut kept = before.to_vec();
    let steps = steps.into_iter().flat_map(|step| &step.messages);
    for message in steps.chain(end) {
        // What is stored once more takes the place of what it was.
        kept.pop_if(|last| last.id == message.id);
        kept.push(message.clone());
    }
    kept
}

/// The next prompt on this thread makes a request that Bedrock takes.
fn next_prompt_works(kept: &[Message]) -> Result<(), String> {
    let run = RunId::trusted("r_2");
    let prompt = |id, text: &str| Message::user(MessageId::trusted(id), run.clone(), text);
    let mut all = vec![prompt("u_1", "Well?")];
    all.extend_from_slice(kept);
    all.push(prompt("u_2", "And?"));
    check(&turns(&all, Window::default()))
}

/// Whatever a line opens, another closes, and every call has one result.
fn all_closed(lines: &[Value]) -> Result<(), String> {
    let mut open: Vec<(&str, &Value)> = Vec::new();
    for line in lines {
        let kind = line["type"].as_str().ok_or("a line without a type")?;
        let (opens, id) = match kind {
            "STEP_STARTED" | "STEP_FINISHED" => (kind == "STEP_STARTED", "stepName"),
            "TEXT_MESSAGE_START" | "REASONING_START" | "REASONING_MESSAGE_START" => {
                (true, "messageId")
            }
            "TEXT_MESSAGE_END" | "REASONING_END" | "REASONING_MESSAGE_END" => (false, "messageId"),
            "TOOL_CALL_START" => {
                open.push(("TOOL_CALL_RESULT", &line["toolCallId"]));
                (true, "toolCallId")
            }
            "TOOL_CALL_END" | "TOOL_CALL_RESULT" => (false, "toolCallId"),
            _ => continue,
        };
        let item = match kind {
            "TOOL_CALL_RESULT" => kind,
            _ => kind.trim_end_matches(|c| c != '_'),
        };
        if opens {
            open.push((item, &line[id]));
            continue;
        }
        let at = open.iter().rposition(|opened| *opened == (item, &line[id]));
        open.remove(at.ok_or_else(|| format!("{line} closes what is not open"))?);
    }
    match open.as_slice() {
        [] => Ok(()),
        open => Err(format!("not closed: {open:?}")),
    }
}

/// The texts a client has put together, by their ids.
fn told(lines: &[Value]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for line in lines {
        if line["type"] == "TEXT_MESSAGE_CONTENT" {
            let id = line["messageId"].as_str().unwrap_or_default().to_owned();
            let text: &mut String = texts.entry(id).or_default();
            text.push_str(line["delta"].as_str().unwrap_or_default());
        }
    }
    texts
}

/// The texts that are stored, by their ids.
fn stored(kept: &[Message]) -> BTreeMap<String, String> {
    let blocks = kept.iter().flat_map(|message| &message.blocks);
    let texts = blocks.filter_map(|block| match block {
        Block::Text { id, text } => Some((id.as_str().to_owned(), text.clone())),
        _ => None,
    });
    texts.collect()
}

/// A run that was stopped left everything in order.
fn in_order(played: &Played) -> Result<(), String> {
    let Finished { messages, .. } = played.finished();
    let kept = kept(&[], &played.steps, messages);
    all_closed(&played.lines)?;
    next_prompt_works(&kept)?;
    if told(&played.lines) != stored(&kept) {
        return Err("what was told is not what is stored".to_owned());
    }
    match kept.iter().any(|message| message.calling) {
        true => Err("a turn is still marked as calling".to_owned()),
        false => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_may_be_stopped_at_any_moment() {
    for once in ["", "kb_lookup"] {
        let library = Library::new(Duration::from_millis(60), once);
        let mut stopped = 0;
        for at in (0..80).map(|tick| TICK * tick) {
            let script = Script::of([calling(), last()]);
            let stage = Stage {
                reasoning: true,
                stop: Some((at, CancelReason::User)),
                store: Duration::from_millis(20),
                ..Stage::new(&script, &library.tools)
            };
            let played = stage.play().await;
            in_order(&played)
                .unwrap_or_else(|wrong| panic!("{at:?}: {wrong}\n{:#?}", played.story()));
            match played.finished().ending {
                Outcome::Stopped(CancelReason::User) => stopped += 1,
                ending => assert_eq!(ending, Outcome::Answered, "{at:?}"),
            }
            assert!(played.took <= Duration::from_millis(300), "{at:?}");
        }
        assert!((40..80).contains(&stopped), "{stopped} of 80");
    }
}

/// What the worker that comes next is given to do.
fn script_after(kept: &[Message]) -> Script {
    match kept {
        [] => Script::of([calling(), last()]),
        [..] => Script::of([last()]),
    }
}

fn first_step(kept: &[Message]) -> u32 {
    let over = kept
        .iter()
        .filter(|said| said.role == Role::Assistant && !said.calling);
    u32::try_from(over.count()).expect("a few") + 1
}

#[tokio::test(start_paused = true)]
async fn a_worker_may_die_at_any_moment() {
    let library = Library::new(Duration::from_millis(60), "kb_lookup");
    let mut during_calls = 0;
    for life in (0..80).map(|tick| TICK * tick) {
        let made = library.calls().len();
        let script = script_after(&[]);
        let stage = Stage {
            store: Duration::from_millis(20),
            ..Stage::new(&script, &library.tools)
        };
        let Err(steps) = stage.play_for(life).await else {
            continue;
        };
        let before = kept(&[], &steps, &[]);
        during_calls += usize::from(before.len() == 1);
        let script = script_after(&before);
        let stage = Stage {
            first: first_step(&before),
            before: before.clone(),
            ..Stage::new(&script, &library.tools)
        };
        let played = stage.play().await;
        let Finished { ending, messages } = played.finished();
        assert_eq!(*ending, Outcome::Answered, "{life:?}");
        let kept = kept(&before, &played.steps, messages);
        next_prompt_works(&kept).unwrap_or_else(|wrong| panic!("{life:?}: {wrong}\n{kept:#?}"));
        let made = library.calls().len() - made;
        assert!(made <= 1, "{life:?}: the call was made twice");
        let roles: Vec<_> = kept.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::Assistant, Role::User, Role::Assistant]);
        assert!(kept.iter().all(|message| !message.calling));
    }
    assert!(during_calls >= 10, "{during_calls}");
}
