//! First and last event of a run, made from its stored state alone, so that every worker makes the same bytes.

use longwire_core::ids::{RunId, ThreadId};
use longwire_core::message::Usage;
use longwire_core::origin::Origin;
use longwire_core::pending::Pending;
use longwire_core::run::RunEnd;
use longwire_core::run_input::RunInput;
use longwire_core::tool::ToolResult;
use serde_json::{Map, Value, json};

use crate::escape::fitting;
use crate::event::{
    Event, InputMessage, ModelUsage, PROTOCOL_VERSION, RunInput as WireInput, RunOutcome,
};
use crate::interrupt::Interrupt;
use crate::numbered::{Annotations, Draft};

/// Longest prompt that RUN_STARTED carries, in bytes.
const MAX_SHOWN_PROMPT: usize = 8 * 1024;

/// Most bytes that results take in RUN_STARTED, as JSON and without their ids. What is longer is cut.
const MAX_SHOWN_RESULTS: usize = 8 * 1024;

/// Longest state that RUN_STARTED repeats, in bytes of JSON.
const MAX_SHOWN_STATE: usize = 4 * 1024;

/// RUN_STARTED. It has the origin of the run, and carries what the run begins with for the other clients of the thread: the
/// results of calls that earlier runs left open, and the prompt, unless that is long or cannot be read.
pub fn run_started(
    thread_id: &ThreadId,
    run_id: &RunId,
    origin: &Origin,
    input: Option<&RunInput>,
    results: &[&ToolResult],
) -> Draft {
    let shows = |input: &&RunInput| input.after.is_some() || input.prompt.len() <= MAX_SHOWN_PROMPT;
    let shown = input.filter(shows);
    let shown = shown.map(|input| {
        let mut messages = shown_results(results);
        if input.after.is_none() {
            messages.push(InputMessage {
                id: input.message_id.clone(),
                role: "user".to_owned(),
                tool_call_id: None,
                content: input.prompt.clone(),
                metadata: None,
            });
        }
        Box::new(WireInput {
            thread_id: thread_id.clone(),
            run_id: run_id.clone(),
            messages,
            tools: Vec::new(),
            context: input.context.iter().map(|fact| json!(fact)).collect(),
            state: shown_state(&input.state),
            forwarded_props: Map::new(),
        })
    });
    let event = Event::RunStarted {
        thread_id: thread_id.clone(),
        run_id: run_id.clone(),
        protocol_version: PROTOCOL_VERSION.to_owned(),
        input: shown,
    };
    event.annotated(Annotations {
        after: input.and_then(|input| input.after.clone()),
        origin: Some(origin.to_string()),
        ..Annotations::default()
    })
}

/// The state, unless it is long.
fn shown_state(state: &Map<String, Value>) -> Map<String, Value> {
    let short = json!(state).to_string().len() <= MAX_SHOWN_STATE;
    if short { state.clone() } else { Map::new() }
}

/// Results as messages, each with an equal share of the bytes.
fn shown_results(results: &[&ToolResult]) -> Vec<InputMessage> {
    let share = MAX_SHOWN_RESULTS / results.len().max(1);
    let message = |result: &&ToolResult| {
        let content = fitting(&result.content, share, share);
        let truncated = content.len() < result.content.len();
        InputMessage {
            id: result.message_id.clone(),
            role: "tool".to_owned(),
            tool_call_id: Some(result.call_id.clone()),
            content: content.to_owned(),
            metadata: Some(Box::new(Annotations {
                outcome: Some(result.outcome),
                truncated: truncated.then_some(true),
                bytes: truncated.then_some(result.content.len() as u64),
                ..Annotations::default()
            })),
        }
    };
    results.iter().map(message).collect()
}

/// Last event of a run: RUN_FINISHED, or RUN_ERROR for a run that failed. `pending` is the wait that begins with it.
pub fn run_ended(
    thread_id: &ThreadId,
    run_id: &RunId,
    end: RunEnd,
    pending: Option<&Pending>,
    usage: Vec<ModelUsage>,
) -> Draft {
    let outcome = match end {
        RunEnd::Finished => finished(pending),
        RunEnd::Cancelled(_) => RunOutcome::Cancelled,
        RunEnd::Failed(code) => {
            let event = Event::RunError {
                message: code.message().to_owned(),
                code,
            };
            return event.annotated(Annotations {
                retryable: Some(code.retryable()),
                ..Annotations::default()
            });
        }
    };
    let event = Event::RunFinished {
        thread_id: thread_id.clone(),
        run_id: run_id.clone(),
        outcome,
        usage,
    };
    event.annotated(Annotations {
        reason: end.reason(),
        ..Annotations::default()
    })
}

fn finished(pending: Option<&Pending>) -> RunOutcome {
    let interrupts = pending.map(Interrupt::all_of).unwrap_or_default();
    if interrupts.is_empty() {
        let pending_tool_call_ids = pending.map(Pending::client_calls).unwrap_or_default();
        RunOutcome::Success {
            pending_tool_call_ids,
        }
    } else {
        RunOutcome::Interrupt { interrupts }
    }
}

/// Usage of a run as AG-UI counts it: tokens of the prompt cache are part of the input. Empty for a run that called no
/// model.
pub fn model_usage(model: &str, usage: Usage) -> Vec<ModelUsage> {
    if usage == Usage::default() {
        return Vec::new();
    }
    let input_tokens = usage.all_input_tokens();
    let some = |count: u64| (count > 0).then_some(count);
    vec![ModelUsage {
        provider: "bedrock".to_owned(),
        model: model.to_owned(),
        input_tokens,
        cached_input_tokens: some(usage.cache_read_input_tokens),
        cache_write_input_tokens: some(usage.cache_write_input_tokens),
        output_tokens: usage.output_tokens,
        total_tokens: input_tokens + usage.output_tokens,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_prompt_cache_are_part_of_the_input() {
        let usage = Usage {
            input_tokens: 10,
            output_tokens: 5,
            total_tokens: 15,
            cache_read_input_tokens: 100,
            cache_write_input_tokens: 0,
            ..Usage::default()
        };
        let [told] = model_usage("m", usage).try_into().expect("one model");
        assert_eq!((told.input_tokens, told.total_tokens), (110, 115));
        assert_eq!(
            (told.cached_input_tokens, told.cache_write_input_tokens),
            (Some(100), None)
        );
        assert!(model_usage("m", Usage::default()).is_empty());
    }
}
