//! Tool calls for a prompt.

use serde_json::{Value, json};

use super::places;
use crate::{conversation::request::Request, weather::cities};

/// A tool call.
#[derive(Debug)]
pub(crate) struct Call {
    /// Name of the tool.
    pub(crate) name: String,
    /// Arguments of the call.
    pub(crate) input: Value,
}

const WEATHER_PHRASES: [&str; 10] = [
    "weather",
    "forecast",
    "temperature",
    "sunny",
    "raining",
    "rain",
    "snowing",
    "how warm",
    "how cold",
    "windy",
];
const KNOWLEDGE_PHRASES: [&str; 12] = [
    "knowledge base",
    "policy",
    "docs",
    "documentation",
    "documents",
    "handbook",
    "manual",
    "warranty",
    "return",
    "refund",
    "shipping",
    "opening hours",
];
const TIME_PHRASES: [&str; 4] = ["what time", "current time", "time is it", "the time in"];
const SONG_PHRASES: [&str; 3] = ["song", "radio station", "radio"];

/// Returns the calls that the prompt asks for, of the tools on offer only.
pub(crate) fn requested(request: &Request) -> Vec<Call> {
    explicit_call(request)
        .map_or_else(|| inferred_calls(request), |call| vec![call])
        .into_iter()
        .filter(|call| request.offers(&call.name))
        .collect()
}

/// Returns the reply to a prompt that asks for a tool that is not on offer, or for the weather without a place.
pub(crate) fn reply_without_call(request: &Request) -> Option<String> {
    let prompt = request.prompt().to_lowercase();
    if asks_for_weather(request, &prompt) {
        let text = if request.offers("get_weather") {
            "For which place would you like to know the weather?"
        } else {
            "I have no tool to look at the weather."
        };
        return Some(text.to_owned());
    }
    let tools = [
        ("kb_lookup", &KNOWLEDGE_PHRASES[..], "the knowledge base"),
        ("current_time", &TIME_PHRASES[..], "the clock"),
        ("top_song", &SONG_PHRASES[..], "the radio"),
    ];
    let (.., subject) = tools
        .into_iter()
        .find(|(tool, phrases, _)| !request.offers(tool) && contains_phrase(&prompt, phrases))?;
    Some(format!("I have no tool to look at {subject}."))
}

/// Parses the prompt `call <tool> {json}`, which calls any tool, for tests of tools without a rule.
fn explicit_call(request: &Request) -> Option<Call> {
    let rest = request
        .prompt()
        .strip_prefix("call ")
        .or_else(|| request.prompt().strip_prefix("Call "))?;
    let (name, input) = rest
        .trim()
        .split_once(char::is_whitespace)
        .unwrap_or((rest.trim(), "{}"));
    let input = serde_json::from_str(input.trim()).ok()?;
    Some(Call {
        name: name.to_owned(),
        input,
    })
}

fn inferred_calls(request: &Request) -> Vec<Call> {
    let question = request.prompt();
    let prompt = question.to_lowercase();
    let call = |name: &str, input| Call {
        name: name.to_owned(),
        input,
    };
    let mut calls = Vec::new();
    if asks_for_weather(request, &prompt) {
        calls.extend(
            places::in_question(question)
                .into_iter()
                .map(|place| call("get_weather", json!({ "location": place }))),
        );
    }
    if contains_phrase(&prompt, &KNOWLEDGE_PHRASES) {
        calls.push(call("kb_lookup", json!({ "query": question })));
    }
    if contains_phrase(&prompt, &TIME_PHRASES) {
        calls.extend(
            timezones(question)
                .into_iter()
                .map(|zone| call("current_time", json!({ "timezone": zone }))),
        );
    }
    if contains_phrase(&prompt, &SONG_PHRASES) {
        calls.extend(call_sign(question).map(|sign| call("top_song", json!({ "sign": sign }))));
    }
    calls
}

/// Returns `true` if the prompt asks for the weather, or continues a prompt that did: "And in Tokyo?".
fn asks_for_weather(request: &Request, prompt: &str) -> bool {
    let continues = ["and in ", "and for ", "what about ", "how about "]
        .iter()
        .any(|start| prompt.starts_with(start));
    let previous = || {
        request
            .earlier_prompts()
            .next_back()
            .is_some_and(|earlier| contains_phrase(&earlier.to_lowercase(), &WEATHER_PHRASES))
    };
    contains_phrase(prompt, &WEATHER_PHRASES) || (continues && previous())
}

/// Returns `true` if the prompt contains one of the phrases at the start of a word.
fn contains_phrase(prompt: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let starts_word = |index: usize| {
            !prompt[..index]
                .chars()
                .next_back()
                .is_some_and(char::is_alphanumeric)
        };
        prompt
            .match_indices(phrase)
            .any(|(index, _)| starts_word(index))
    })
}

/// Returns the time zones in the question, and those of the cities in it; UTC if there are none.
fn timezones(question: &str) -> Vec<String> {
    let named = question
        .split(|c: char| c.is_whitespace() || matches!(c, '?' | ',' | '.'))
        .filter(|word| word.contains('/') && word.chars().next().is_some_and(char::is_uppercase));
    let mut zones: Vec<String> = named.map(str::to_owned).collect();
    zones.extend(
        places::in_question(question)
            .iter()
            .filter_map(|place| Some(cities::by_name(place)?.timezone.to_owned())),
    );
    if zones.is_empty() {
        zones.push("UTC".to_owned());
    }
    zones
}

/// Returns the call sign of a radio station: K or W and two or three more capital letters.
fn call_sign(question: &str) -> Option<&str> {
    question.split(|c: char| !c.is_alphanumeric()).find(|word| {
        matches!(word.len(), 3..=4)
            && word.starts_with(['K', 'W'])
            && word.chars().all(|c| c.is_ascii_uppercase())
    })
}
