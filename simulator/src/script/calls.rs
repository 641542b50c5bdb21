//! Which tools a question asks for.

use serde_json::{Value, json};

use super::places;
use crate::converse::request::Request;

/// A tool call to make.
#[derive(Debug)]
pub(crate) struct Call {
    /// The tool's name.
    pub(crate) name: String,
    /// Its arguments.
    pub(crate) input: Value,
}

const WEATHER: [&str; 10] = [
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
const KNOWLEDGE: [&str; 12] = [
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
const TIME: [&str; 4] = ["what time", "current time", "time is it", "the time in"];
const SONG: [&str; 3] = ["song", "radio station", "radio"];

/// The calls that the prompt asks for of the tools on offer.
pub(crate) fn wanted(request: &Request) -> Vec<Call> {
    named(request)
        .map_or_else(|| asked(request), |call| vec![call])
        .into_iter()
        .filter(|call| request.offers(&call.name))
        .collect()
}

/// What to say when the prompt asks for something that no tool on offer can do.
pub(crate) fn missing(request: &Request) -> Option<String> {
    let prompt = request.prompt().to_lowercase();
    if is_weather(request, &prompt) {
        let offered = request.offers("get_weather");
        let words = if offered {
            "For which place would you like to know the weather?"
        } else {
            "I have no tool to look at the weather."
        };
        return Some(words.to_owned());
    }
    let subject = [
        ("kb_lookup", &KNOWLEDGE[..], "the knowledge base"),
        ("current_time", &TIME[..], "the clock"),
        ("top_song", &SONG[..], "the radio"),
    ];
    let (.., subject) = subject
        .into_iter()
        .find(|(tool, words, _)| !request.offers(tool) && mentions(&prompt, words))?;
    Some(format!("I have no tool to look at {subject}."))
}

/// `call <tool> {json}` calls any tool on offer, for tests of tools that no rule knows.
fn named(request: &Request) -> Option<Call> {
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

fn asked(request: &Request) -> Vec<Call> {
    let question = request.prompt();
    let prompt = question.to_lowercase();
    let call = |name: &str, input| Call {
        name: name.to_owned(),
        input,
    };
    let mut calls = Vec::new();
    if is_weather(request, &prompt) {
        calls.extend(
            places::in_question(question)
                .into_iter()
                .map(|place| call("get_weather", json!({ "location": place }))),
        );
    }
    if mentions(&prompt, &KNOWLEDGE) {
        calls.push(call("kb_lookup", json!({ "query": question })));
    }
    if mentions(&prompt, &TIME) {
        calls.extend(
            timezones(question)
                .into_iter()
                .map(|zone| call("current_time", json!({ "timezone": zone }))),
        );
    }
    if mentions(&prompt, &SONG) {
        calls.extend(sign(question).map(|sign| call("top_song", json!({ "sign": sign }))));
    }
    calls
}

/// Asks for the weather, or goes on asking: "And in Tokyo?".
fn is_weather(request: &Request, prompt: &str) -> bool {
    let follows = ["and in ", "and for ", "what about ", "how about "]
        .iter()
        .any(|start| prompt.starts_with(start));
    let before = || {
        request
            .earlier_prompts()
            .next_back()
            .is_some_and(|earlier| mentions(&earlier.to_lowercase(), &WEATHER))
    };
    mentions(prompt, &WEATHER) || (follows && before())
}

fn mentions(prompt: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        let starts_word = |at: usize| {
            !prompt[..at]
                .chars()
                .next_back()
                .is_some_and(char::is_alphanumeric)
        };
        prompt.match_indices(word).any(|(at, _)| starts_word(at))
    })
}

/// Names of zones, and the zones of the cities the weather knows; UTC when there is neither.
fn timezones(question: &str) -> Vec<String> {
    let named = question
        .split(|c: char| c.is_whitespace() || matches!(c, '?' | ',' | '.'))
        .filter(|word| word.contains('/') && word.chars().next().is_some_and(char::is_uppercase));
    let mut zones: Vec<String> = named.map(str::to_owned).collect();
    let cities = places::in_question(question);
    zones.extend(
        cities
            .iter()
            .filter_map(|city| Some(crate::weather::cities::find(city)?.timezone.to_owned())),
    );
    if zones.is_empty() {
        zones.push("UTC".to_owned());
    }
    zones
}

/// A station's sign: K or W and two or three more capital letters.
fn sign(question: &str) -> Option<&str> {
    question.split(|c: char| !c.is_alphanumeric()).find(|word| {
        matches!(word.len(), 3..=4)
            && word.starts_with(['K', 'W'])
            && word.chars().all(|c| c.is_ascii_uppercase())
    })
}
