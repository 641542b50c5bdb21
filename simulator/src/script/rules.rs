//! What is answered, in the order in which the rules are tried.

use super::{calls, compose, memory};
use crate::{
    converse::request::Request,
    scenario::{definition::Step, part::Part},
};

/// The answer to a conversation.
pub(crate) fn step(request: &Request) -> Step {
    let answered = request.answered();
    if !answered.is_empty() {
        return say(compose::from_tools(&answered));
    }
    let calls = calls::wanted(request);
    if calls.is_empty() {
        say(words(request))
    } else {
        Step::saying(
            calls
                .iter()
                .map(|call| Part::call(&call.name, &call.input))
                .collect(),
        )
    }
}

fn words(request: &Request) -> String {
    let prompt = request.prompt();
    memory::answer(request)
        .or_else(|| calls::missing(request))
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

fn say(text: String) -> Step {
    Step::saying(vec![Part::Text(text)])
}
