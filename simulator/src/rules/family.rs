//! Behavior of the model's family in the responses of the rules.

use serde_json::Value;

use crate::{
    conversation::request::Request,
    families::family::{Display, EndTurnWithCalls, Family, Reasoning},
    scenario::{block::Block, definition::Step},
};

/// Adds reasoning, thinking in the text and the stop reason of the family to a response.
pub(crate) fn adapt(step: Step, request: &Request, family: &Family) -> Step {
    let calls: Vec<&str> = step
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Tool { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let thought = if calls.is_empty() {
        "I can answer this now.".to_owned()
    } else {
        format!("I need {} for this.", calls.join(" and "))
    };
    let has_calls = !calls.is_empty();
    let mut blocks = Vec::new();
    if reasons(request, family) {
        blocks.push(reasoning(&thought, request, family));
    }
    if has_calls && family.thinking_in_text {
        blocks.push(Block::Text(format!("<thinking> {thought}</thinking>\n")));
    }
    blocks.extend(step.blocks);
    let end_turn = has_calls && ends_turn(request, family);
    Step {
        blocks,
        stop_reason: end_turn.then(|| "end_turn".to_owned()),
        ..step
    }
}

/// Returns `true` if the family reasons by default or by the settings of the request.
fn reasons(request: &Request, family: &Family) -> bool {
    let effort = || {
        request
            .model_field("reasoning_effort")
            .and_then(Value::as_str)
    };
    let nova = || {
        request
            .model_field("reasoningConfig")?
            .get("type")?
            .as_str()
    };
    match family.reasoning {
        Reasoning::Unsupported => false,
        Reasoning::Always => true,
        Reasoning::On => request.thinking("type") != Some("disabled"),
        Reasoning::Off => {
            request.enables_thinking()
                || nova() == Some("enabled")
                || effort().is_some_and(|effort| effort != "none")
        }
    }
}

fn reasoning(thought: &str, request: &Request, family: &Family) -> Block {
    let asked = match request.thinking("display") {
        Some("summarized") => Display::Summarized,
        Some("omitted" | "updates") => Display::Omitted,
        _ => family.display,
    };
    let (display, signed) = match family.display {
        Display::Plain | Display::Redacted => (family.display, false),
        Display::Omitted | Display::Summarized => (asked, true),
    };
    let text = match display {
        Display::Omitted => "",
        Display::Redacted => "[REDACTED]",
        Display::Summarized | Display::Plain => thought,
    };
    Block::Reasoning {
        text: text.to_owned(),
        signature: None,
        unsigned: !signed,
    }
}

fn ends_turn(request: &Request, family: &Family) -> bool {
    match family.end_turn_with_calls {
        EndTurnWithCalls::Never => false,
        EndTurnWithCalls::Sometimes => !request.prompt().len().is_multiple_of(2),
        EndTurnWithCalls::Always => true,
    }
}
