//! Sentence about the weather from the result of a weather tool.

use serde_json::Value;

use crate::conversation::content::ToolResultBlock;

/// Words of a result and the condition that they stand for. The first match applies, so longer phrases stand
/// before the words they contain.
const CONDITIONS: [(&str, &str); 15] = [
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

/// Returns "It is sunny in New York." and the temperature if the result has one.
pub(crate) fn sentence(place: &str, result: &ToolResultBlock) -> String {
    let text = result.text();
    let json = result.json();
    let code = json
        .as_ref()
        .and_then(|json| number(json, &["weather_code", "weatherCode", "code"]));
    let Some(condition) = code
        .and_then(from_code)
        .or_else(|| from_sentence(&text))
        .or_else(|| from_words(&text))
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

/// Returns the condition of a sentence such as "It is raining lightly in …".
fn from_sentence(text: &str) -> Option<&str> {
    let (condition, _) = text.strip_prefix("It is ")?.split_once(" in ")?;
    (condition.split_whitespace().count() <= 4).then_some(condition)
}

fn from_words(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    CONDITIONS
        .iter()
        .find(|(word, _)| lower.contains(word))
        .map(|(_, condition)| *condition)
}

/// Returns the condition of a WMO code (Open-Meteo, "WMO Weather interpretation codes").
fn from_code(code: f64) -> Option<&'static str> {
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

/// Returns the first of these fields that is a number, in the object or one level below.
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
    fn condition_comes_from_the_sentence_the_words_or_the_code() {
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
