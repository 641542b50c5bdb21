//! Rules of the model, in the order in which they apply.

use super::{calls, memory, sentences};
use crate::{
    conversation::request::Request,
    scenario::{block::Block, definition::Step},
};

/// Returns the response to a conversation.
pub(crate) fn of_request(request: &Request) -> Step {
    let completed = request.completed_calls();
    if !completed.is_empty() {
        return text(sentences::from_results(&completed));
    }
    let calls = calls::requested(request);
    if calls.is_empty() {
        return text(reply(request));
    }
    Step::with_blocks(
        calls
            .iter()
            .map(|call| Block::call(&call.name, &call.input))
            .collect(),
    )
}

fn reply(request: &Request) -> String {
    let prompt = request.prompt();
    memory::reply(request)
        .or_else(|| calls::reply_without_call(request))
        .or_else(|| greeting(prompt))
        .unwrap_or_else(|| format!("You said: “{prompt}”. I am a small model with few rules, and none of them knows more about that."))
}

fn greeting(prompt: &str) -> Option<String> {
    let lower = prompt.to_lowercase();
    let mut words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let first = words.next()?;
    match first {
        "hey" | "hello" | "hi" | "hallo" | "moin" => {
            Some("Hello! How can I help you today?".to_owned())
        }
        "thanks" | "thank" => Some("You are welcome!".to_owned()),
        "bye" | "goodbye" => Some("Goodbye!".to_owned()),
        _ => None,
    }
}

fn text(text: String) -> Step {
    Step::with_blocks(vec![Block::Text(text)])
}
