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
        "current_time" => time(asked("timezone"), &text),
        "top_song" => song(asked("sign"), answered),
        _ => format!("The tool {name} says: {}", ended(&quote(&text))),
    }
}

/// What the best passage says, without its headings, and where it stands when its first line says so:
/// `[1] s3://bucket/document.md`.
fn knowledge(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text == "[]" {
        return "The knowledge base has nothing on this.".to_owned();
    }
    if text.starts_with("The knowledge base") {
        return ended(&quote(text));
    }
    let best = text.split("\n\n[2] ").next().unwrap_or(text);
    let (source, passage) = match best
        .strip_prefix("[1] ")
        .and_then(|best| best.split_once('\n'))
    {
        Some((source, passage)) => (source.rsplit('/').next(), passage),
        None => (None, best),
    };
    let lines: Vec<&str> = passage
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let said = ended(&quote(&lines.join("\n")));
    match source {
        Some(source) => format!("The knowledge base says: {said} (Source: {source})"),
        None => format!("The knowledge base says: {said}"),
    }
}

/// A tool that answers in a sentence of its own is quoted as it is.
fn time(zone: &str, text: &str) -> String {
    if text.contains("it is ") || text.contains("It is ") {
        return ended(&quote(text));
    }
    format!("The time in {zone} is {}", ended(&quote(text)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_passage_is_quoted_with_its_source() {
        let text = "[1] s3://docs/returns.md\n# Returns\n\n## Refunds\n\nWithin 5 days.\n\n[2] s3://docs/b.md\nOther.";
        assert_eq!(
            knowledge(text),
            "The knowledge base says: Within 5 days. (Source: returns.md)"
        );
        assert_eq!(
            knowledge("The knowledge base has nothing on this."),
            "The knowledge base has nothing on this."
        );
        assert_eq!(
            knowledge("Just words"),
            "The knowledge base says: Just words."
        );
    }

    #[test]
    fn a_time_is_told_once() {
        assert_eq!(
            time("UTC", "In UTC it is Friday, 09:00:00."),
            "In UTC it is Friday, 09:00:00."
        );
        assert_eq!(time("UTC", "09:00"), "The time in UTC is 09:00.");
    }
}
