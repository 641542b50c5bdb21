//! Sentences from what the tools said.

use serde_json::Value;

use super::weather;
use crate::converse::view::Answered;

/// How much of a tool's text is quoted.
const QUOTED: usize = 300;

/// One or two sentences for each result, in the order of the results.
pub(crate) fn from_tools(answered: &[Answered<'_>]) -> String {
    let sentences: Vec<String> = answered.iter().map(sentence).collect();
    sentences.join(" ")
}

fn sentence(answered: &Answered<'_>) -> String {
    let name = answered.call.name.as_str();
    let text = answered.result.text();
    if answered.result.failed() {
        return format!("The tool {name} failed: {}", ended(&quote(&text)));
    }
    let asked = |field: &str| {
        answered
            .call
            .input
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match name {
        "get_weather" => weather::sentence(asked("location"), answered.result),
        "kb_lookup" => knowledge(&text),
        "current_time" => format!(
            "The time in {} is {}",
            asked("timezone"),
            ended(&quote(&text))
        ),
        "top_song" => song(asked("sign"), answered),
        _ => format!("The tool {name} says: {}", ended(&quote(&text))),
    }
}

fn knowledge(text: &str) -> String {
    if text.trim().is_empty() || text.trim() == "[]" {
        return "The knowledge base has nothing about that.".to_owned();
    }
    format!("The knowledge base says: {}", ended(&quote(text)))
}

fn song(sign: &str, answered: &Answered<'_>) -> String {
    let json = answered.result.json().unwrap_or_default();
    let field = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    match (field("song").or_else(|| field("title")), field("artist")) {
        (Some(song), Some(artist)) => format!("The top song of {sign} is {song} by {artist}."),
        _ => format!(
            "The top song of {sign} is {}",
            ended(&quote(&answered.result.text()))
        ),
    }
}

/// The text's beginning in one line.
fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn ended(text: &str) -> String {
    let done = text.ends_with(['.', '!', '?', '…']);
    if done {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
