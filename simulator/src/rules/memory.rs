//! Replies that use earlier prompts.

use crate::conversation::request::Request;

/// Returns the reply to an introduction, or to a question about the conversation.
pub(crate) fn reply(request: &Request) -> Option<String> {
    let prompt = request.prompt();
    let lower = prompt.to_lowercase();
    if ["what is my name", "what's my name", "who am i"]
        .iter()
        .any(|question| lower.contains(question))
    {
        return Some(match request.earlier_prompts().rev().find_map(name) {
            Some(name) => format!("Your name is {name}."),
            None => "You have not told me your name yet.".to_owned(),
        });
    }
    if [
        "what did i say",
        "what did i ask",
        "what did i just",
        "my last question",
    ]
    .iter()
    .any(|asked| lower.contains(asked))
    {
        return Some(match request.earlier_prompts().next_back() {
            Some(earlier) => format!("Before that you said: “{earlier}”."),
            None => "That was the first thing you said.".to_owned(),
        });
    }
    if lower.contains("how many questions") || lower.contains("how many messages") {
        return Some(format!(
            "You have sent {} before this one.",
            request.earlier_prompts().count()
        ));
    }
    name(prompt).map(|name| format!("Nice to meet you, {name}!"))
}

/// Returns the word after "my name is".
fn name(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let introduction = "my name is ";
    let start = lower.find(introduction)? + introduction.len();
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '-')
        .unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn name_is_the_word_after_the_introduction() {
        assert_eq!(name("Hi, my name is Ada. And you?"), Some("Ada"));
        assert_eq!(name("My NAME is Jean-Luc"), Some("Jean-Luc"));
        assert_eq!(name("what is my name?"), None);
        assert_eq!(name("my name is ..."), None);
    }
}
