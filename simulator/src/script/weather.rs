//! A sentence about the weather from whatever a weather tool says.

use serde_json::Value;

use crate::converse::request::ToolResult;

/// Words in a tool's answer and how the sentence puts them. The first that occurs wins, so the longer
/// ones stand before the ones they contain.
const WORDS: [(&str, &str); 15] = [
    ("thunder", "stormy"),
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
];

/// "It is sunny in New York.", and the temperature where there is one.
pub(crate) fn sentence(place: &str, result: &ToolResult) -> String {
    let text = result.text();
    let json = result.json();
    let code = json
        .as_ref()
        .and_then(|json| number(json, &["weather_code", "weatherCode", "code"]));
    let Some(condition) = code
        .and_then(condition)
        .or_else(|| said(&text))
        .or_else(|| word(&text))
    else {
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

/// The condition of a sentence that has one already: "It is raining lightly in …".
fn said(text: &str) -> Option<&str> {
    let (condition, _) = text.strip_prefix("It is ")?.split_once(" in ")?;
    (condition.split_whitespace().count() <= 4).then_some(condition)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sentence_follows_whatever_the_tool_says() {
        for (content, expected) in [
            (
                json!({ "text": "It is sunny in New York, 24.3 °C, wind 9 km/h." }),
                "It is sunny in Here.",
            ),
            (
                json!({ "text": "It is raining lightly in London, 13.4 °C, wind 9 km/h." }),
                "It is raining lightly in Here.",
            ),
            (json!({ "text": "Clear sky" }), "It is sunny in Here."),
            (
                json!({ "text": "{\"weather_code\":3}" }),
                "It is overcast in Here.",
            ),
            (
                json!({ "json": { "current": { "weather_code": 63, "temperature_2m": 21.6 } } }),
                "It is raining in Here. The temperature is 21.6 °C.",
            ),
            (
                json!({ "text": "unheard of" }),
                "The weather in Here: unheard of",
            ),
        ] {
            let result = serde_json::from_value(json!({ "toolUseId": "a", "content": [content] }))
                .expect("a result");
            assert_eq!(sentence("Here", &result), expected);
        }
    }
}
