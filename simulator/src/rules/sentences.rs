//! Sentences from tool results.

use serde_json::Value;

use super::weather;
use crate::conversation::queries::CompletedCall;

/// Maximum length of a quotation in characters.
const MAX_QUOTE_CHARACTERS: usize = 300;

/// Returns one or two sentences for each result, in the order of the results.
pub(crate) fn from_results(completed: &[CompletedCall<'_>]) -> String {
    let sentences: Vec<String> = completed.iter().map(sentence).collect();
    sentences.join(" ")
}

fn sentence(completed: &CompletedCall<'_>) -> String {
    let name = completed.call.name.as_str();
    let text = completed.result.text();
    if completed.result.is_error() {
        return format!("The tool {name} failed: {}", with_full_stop(&quote(&text)));
    }
    let argument = |field: &str| {
        completed
            .call
            .input
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match name {
        "get_weather" => weather::sentence(argument("location"), completed.result),
        "kb_lookup" => knowledge(&text),
        "current_time" => time(argument("timezone"), &text),
        "top_song" => song(argument("sign"), completed),
        _ => format!("The tool {name} says: {}", with_full_stop(&quote(&text))),
    }
}

/// Quotes the best passage without its headings. A first line `[1] s3://bucket/document.md` becomes the source.
fn knowledge(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text == "[]" {
        return "The knowledge base has nothing on this.".to_owned();
    }
    if text.starts_with("The knowledge base") {
        return with_full_stop(&quote(text));
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
    let quoted = with_full_stop(&quote(&lines.join("\n")));
    match source {
        Some(source) => format!("The knowledge base says: {quoted} (Source: {source})"),
        None => format!("The knowledge base says: {quoted}"),
    }
}

/// Quotes a result that is a sentence already; otherwise prepends the time zone.
fn time(zone: &str, text: &str) -> String {
    if text.contains("it is ") || text.contains("It is ") {
        return with_full_stop(&quote(text));
    }
    format!("The time in {zone} is {}", with_full_stop(&quote(text)))
}

fn song(sign: &str, completed: &CompletedCall<'_>) -> String {
    let json = completed.result.json().unwrap_or_default();
    let field = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    match (field("song").or_else(|| field("title")), field("artist")) {
        (Some(song), Some(artist)) => format!("The top song of {sign} is {song} by {artist}."),
        _ => format!(
            "The top song of {sign} is {}",
            with_full_stop(&quote(&completed.result.text()))
        ),
    }
}

/// Returns the beginning of the text in one line.
fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_QUOTE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Appends a full stop unless the text ends with a punctuation mark.
fn with_full_stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_passage_is_quoted_with_its_source() {
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
    fn time_sentence_is_quoted_and_bare_time_is_prefixed() {
        assert_eq!(
            time("UTC", "In UTC it is Friday, 09:00:00."),
            "In UTC it is Friday, 09:00:00."
        );
        assert_eq!(time("UTC", "09:00"), "The time in UTC is 09:00.");
    }
}
