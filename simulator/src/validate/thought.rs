//! Reasoning that comes back: signed, and complete within a tool turn
//! ("claude-messages-extended-thinking").

use super::verdict::{Verdict as Outcome, refuse};
use crate::{
    converse::request::{Block, Message, Reasoning, Request, Role},
    reasoning::{Issued, Verdict},
};

pub(crate) fn check(request: &Request, model: &str, issued: &Issued) -> Outcome {
    for (at, message) in request.messages.iter().enumerate() {
        for (block_at, thought) in thoughts(message) {
            if message.role != Role::Assistant {
                return refuse(format!(
                    "messages.{at}.content.{block_at}: reasoningContent blocks can only be in assistant messages"
                ));
            }
            signed(
                &format!("messages.{at}.content.{block_at}"),
                thought,
                model,
                issued,
            )?;
        }
    }
    complete(request, issued)
}

fn signed(path: &str, thought: &Reasoning, model: &str, issued: &Issued) -> Outcome {
    let Reasoning::ReasoningText { text, signature } = thought else {
        return Ok(());
    };
    let Some(signature) = signature else {
        return refuse(format!("{path}.thinking.signature: Field required"));
    };
    match issued.verify(model, text, signature) {
        Verdict::Good | Verdict::Foreign => Ok(()),
        Verdict::Bad => refuse(format!("{path}: Invalid `signature` in `thinking` block")),
    }
}

/// While a tool's answer is waited for, the thought that led to the call must come back as it was.
fn complete(request: &Request, issued: &Issued) -> Outcome {
    let [.., before, last] = request.messages.as_slice() else {
        return Ok(());
    };
    let Some(call) = before
        .calls()
        .next()
        .filter(|_| last.results().next().is_some())
    else {
        return Ok(());
    };
    let Some(expected) = issued.proofs(&call.tool_use_id) else {
        return Ok(());
    };
    let returned: Vec<&str> = thoughts(before)
        .map(|(_, thought)| proof(thought))
        .collect();
    if expected
        .iter()
        .map(String::as_str)
        .ne(returned.iter().copied())
    {
        let at = request.messages.len() - 2;
        return refuse(format!(
            "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. `thinking` or \
             `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as \
             they were in the original response."
        ));
    }
    Ok(())
}

fn thoughts(message: &Message) -> impl Iterator<Item = (usize, &Reasoning)> {
    message
        .content
        .iter()
        .enumerate()
        .filter_map(|(at, block)| match block {
            Block::ReasoningContent(thought) => Some((at, thought)),
            _ => None,
        })
}

fn proof(thought: &Reasoning) -> &str {
    match thought {
        Reasoning::ReasoningText { signature, .. } => signature.as_deref().unwrap_or_default(),
        Reasoning::RedactedContent(data) => data,
    }
}
