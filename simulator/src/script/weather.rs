//! A sentence about the weather from whatever a weather tool says.

use serde_json::Value;

use crate::converse::request::ToolResult;

/// Words in a tool's answer and how the sentence puts them. The first that occurs wins, so the longer
/// ones stand before the ones they contain.
const WORDS: [(&str, &str); 16] = [
    ("thunderstorm", "stormy"),
    ("partly cloudy", "partly cloudy"),
    ("partly", "partly cloudy"),
    ("mainly clear", "mostly sunny"),
    ("mostly sunny", "mostly sunny"),
    ("sunny", "sunny"),
    ("clear", "sunny"),
    ("overcast", "overcast"),
    ("cloudy", "cloudy"),
    ("fog", "foggy"),
    ("drizzle", "drizzling"),
    ("freezing rain", "raining and freezing"),
    ("snow", "snowing"),
    ("rain", "raining"),
    ("shower", "raining"),
    ("wind", "windy"),
];

/// "It is sunny in New York.", and the temperature where there is one.
pub(crate) fn sentence(place: &str, result: &ToolResult) -> String {
    let text = result.text();
    let json = result.json();
    let code = json
        .as_ref()
        .and_then(|json| number(json, &["weather_code", "weatherCode", "code"]));
    let Some(condition) = code.and_then(condition).or_else(|| word(&text)) else {
        return format!("The weather in {place}: {text}");
    };
    let names = [
        "temperature_2m",
        "temperature_c",
        "temperatureC",
        "temperature",
    ];
    match json.as_ref().and_then(|json| number(json, &names)) {
        Some(degrees) => format!("It is {condition} in {place}. The temperature is {degrees} °C."),
        None => format!("It is {condition} in {place}."),
    }
}

fn word(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    WORDS
        .iter()
        .find(|(word, _)| lower.contains(word))
        .map(|(_, condition)| *condition)
}

/// The WMO code as Open-Meteo uses it ("WMO Weather interpretation codes").
fn condition(code: f64) -> Option<&'static str> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "codes are whole numbers below 100"
    )]
    let code = code as i64;
    match code {
        0 => Some("sunny"),
        1 => Some("mostly sunny"),
        2 => Some("partly cloudy"),
        3 => Some("overcast"),
        45 | 48 => Some("foggy"),
        51..=57 => Some("drizzling"),
        61..=67 | 80..=82 => Some("raining"),
        71..=77 | 85 | 86 => Some("snowing"),
        95..=99 => Some("stormy"),
        _ => None,
    }
}

/// The first of these fields that is a number, in the object or one level below.
fn number(json: &Value, names: &[&str]) -> Option<f64> {
    let below = json
        .as_object()
        .into_iter()
        .flat_map(|object| object.values());
    std::iter::once(json)
        .chain(below)
        .find_map(|object| names.iter().find_map(|name| object.get(name)?.as_f64()))
}
