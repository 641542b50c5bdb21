//! Events of services: CloudEvents 1.0 in structured JSON (CloudEvents specification 1.0.2, "JSON Event Format").

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluent_uri::UriRef;
use jiff::Timestamp;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Version of the specification.
const VERSION: &str = "1.0";

/// Longest time for which an event is kept for a user, in seconds: a week.
pub const MAX_KEEP: u64 = 7 * 24 * 3600;

/// Part of an event that a refusal repeats, in characters. Refusals are logged, and events belong to the service.
const MAX_REPEATED: usize = 64;

/// Event of a service. It is passed on as it was sent, without the white space between its parts.
#[derive(Debug, Clone)]
pub struct CloudEvent {
    json: Box<RawValue>,
    id: String,
    source: String,
    kind: String,
    extensions: BTreeMap<String, Value>,
}

/// Reason for which a value is no CloudEvent. It names the attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEvent {
    /// Text that is not a JSON object.
    #[error("an event must be a JSON object: {0}")]
    NoObject(String),
    /// Version of another specification, or none.
    #[error("`specversion` must be \"1.0\"")]
    Version,
    /// Attribute that is required, and absent or empty.
    #[error("`{0}` must be a text that is not empty")]
    Missing(&'static str),
    /// Attribute with a value that it cannot have.
    #[error("`{attribute}` must be {expected}")]
    Invalid {
        /// Name of the attribute.
        attribute: String,
        /// Values that it can have.
        expected: &'static str,
    },
    /// Name of an attribute with other characters than lower-case letters and digits.
    #[error("`{0}` is no name of an attribute: names have lower-case letters and digits only")]
    Name(String),
    /// Event with both kinds of data.
    #[error("an event has `data` or `data_base64`, not both")]
    TwoData,
}

impl CloudEvent {
    /// Parses and checks an event.
    pub fn parse(json: &RawValue) -> Result<Self, BadEvent> {
        let attributes = read(json.get())?;
        if attributes.get("specversion") != Some(&Value::from(VERSION)) {
            return Err(BadEvent::Version);
        }
        check_data(&attributes)?;
        let mut extensions = BTreeMap::new();
        for (name, value) in &attributes {
            check(name, value)?;
            if !CONTEXT.contains(&name.as_str()) && !DATA.contains(&name.as_str()) {
                extensions.insert(name.clone(), value.clone());
            }
        }
        Ok(Self {
            json: compact(json),
            id: required(&attributes, "id")?,
            source: required(&attributes, "source")?,
            kind: required(&attributes, "type")?,
            extensions,
        })
    }

    /// Id, unique among the events of the source.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Source: a URI reference.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Type.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Event as JSON on one line.
    pub fn json(&self) -> &RawValue {
        &self.json
    }

    /// Value of an extension attribute; `None` when the event does not have it.
    pub fn extension(&self, name: &str) -> Option<&Value> {
        self.extensions.get(name)
    }
}

/// Attributes of the specification.
const CONTEXT: [&str; 8] = [
    "specversion",
    "id",
    "source",
    "type",
    "datacontenttype",
    "dataschema",
    "subject",
    "time",
];

/// Members with the data.
const DATA: [&str; 2] = ["data", "data_base64"];

/// Members of an event, each with a name of its own. Parsers differ in which of two members with the same name counts, so an
/// event with two ids would have one here and the other one at a client.
struct Members(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if let Some(twice) = members.insert(name.clone(), value).map(|_| name) {
                        let twice = beginning(&twice);
                        return Err(A::Error::custom(format!("`{twice}` stands there twice")));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// Reads the members of an event. A member that is null is absent ("JSON Event Format", section 2.2).
fn read(json: &str) -> Result<BTreeMap<String, Value>, BadEvent> {
    let Members(members) = serde_json::from_str(json)
        .map_err(|error| BadEvent::NoObject(beginning(&error.to_string())))?;
    let present = members.into_iter().filter(|(_, value)| !value.is_null());
    Ok(present.collect())
}

fn required(attributes: &BTreeMap<String, Value>, name: &'static str) -> Result<String, BadEvent> {
    let value = attributes.get(name).and_then(Value::as_str);
    let value = value.filter(|value| !value.is_empty());
    value.map(str::to_owned).ok_or(BadEvent::Missing(name))
}

fn check_data(attributes: &BTreeMap<String, Value>) -> Result<(), BadEvent> {
    let Some(encoded) = attributes.get("data_base64") else {
        return Ok(());
    };
    if attributes.contains_key("data") {
        return Err(BadEvent::TwoData);
    }
    let bytes = encoded.as_str().and_then(|text| STANDARD.decode(text).ok());
    match bytes {
        Some(_) => Ok(()),
        None => Err(invalid("data_base64", "a text in base64")),
    }
}

/// Checks an attribute by its name.
fn check(name: &str, value: &Value) -> Result<(), BadEvent> {
    let text = value.as_str().unwrap_or_default();
    let (valid, expected) = match name {
        "data" | "data_base64" => return Ok(()),
        "source" => (
            UriRef::parse(text).is_ok(),
            "a URI reference that is not empty",
        ),
        "dataschema" => (
            UriRef::parse(text).is_ok_and(|uri| uri.has_scheme()),
            "a URI with a scheme",
        ),
        "time" => (is_rfc3339(text), "a time in RFC 3339"),
        "specversion" | "id" | "type" | "subject" | "datacontenttype" => {
            (!text.is_empty(), "a text that is not empty")
        }
        _ => return check_extension(name, value),
    };
    if valid {
        Ok(())
    } else {
        Err(invalid(name, expected))
    }
}

/// Tells whether a text is a time in RFC 3339. The parser also takes other forms of ISO 8601: a space or nothing for the `T`, and
/// the name of a time zone.
fn is_rfc3339(text: &str) -> bool {
    let date_and_time = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
    date_and_time && !text.contains('[') && text.parse::<Timestamp>().is_ok()
}

/// Checks an extension attribute ("Type System": a text, a Boolean, or an integer of 32 bits).
fn check_extension(name: &str, value: &Value) -> Result<(), BadEvent> {
    let legal = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.is_empty() || !name.bytes().all(legal) {
        return Err(BadEvent::Name(beginning(name)));
    }
    let valid = match value {
        Value::String(_) | Value::Bool(_) => true,
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    if valid {
        Ok(())
    } else {
        Err(invalid(name, "a text, a Boolean or an integer of 32 bits"))
    }
}

fn invalid(attribute: &str, expected: &'static str) -> BadEvent {
    BadEvent::Invalid {
        attribute: beginning(attribute),
        expected,
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(MAX_REPEATED).collect()
}

/// Removes the white space between the parts of valid JSON. Numbers and texts stay as they were written.
fn compact(json: &RawValue) -> Box<RawValue> {
    let mut inside_text = false;
    let mut escaped = false;
    let compact: String = json
        .get()
        .chars()
        .filter(|&c| {
            let kept = inside_text || !matches!(c, ' ' | '\t' | '\n' | '\r');
            if inside_text {
                inside_text = escaped || c != '"';
                escaped = c == '\\' && !escaped;
            } else {
                inside_text = c == '"';
            }
            kept
        })
        .collect();
    RawValue::from_string(compact).unwrap_or_else(|_| json.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(json: &str) -> Result<CloudEvent, BadEvent> {
        let json = RawValue::from_string(json.to_owned()).expect("JSON");
        CloudEvent::parse(&json)
    }

    /// Event with these members beside those that are required.
    fn with(members: &Value) -> Result<CloudEvent, BadEvent> {
        let mut event = json!({"specversion": "1.0", "id": "1", "source": "/orders", "type": "t"});
        let members = members.as_object().expect("an object").clone();
        event.as_object_mut().expect("an object").extend(members);
        parse(&event.to_string())
    }

    #[test]
    fn an_event_is_passed_on_as_it_was_sent_but_on_one_line() {
        let event = parse(
            "{\n  \"specversion\" : \"1.0\", \"id\": \"1\",\r\n\t\"type\": \"com.acme.shipped\", \"source\": \"/o\",\n  \"data\": { \"text\": \"a \\\" b\\\\\", \"n\": 1.10, \"big\": 123456789012345678901234567890 }\n}",
        )
        .expect("an event");
        assert_eq!(
            event.json().get(),
            r#"{"specversion":"1.0","id":"1","type":"com.acme.shipped","source":"/o","data":{"text":"a \" b\\","n":1.10,"big":123456789012345678901234567890}}"#
        );
        let names = (event.id(), event.source(), event.kind());
        assert_eq!(names, ("1", "/o", "com.acme.shipped"));
    }

    #[test]
    fn optional_attributes_and_extensions_are_accepted() {
        let event = with(&json!({
            "datacontenttype": "application/json", "dataschema": "https://acme.example/s",
            "subject": "42", "time": "2026-11-20T23:31:17.123+01:00",
            "lwuser": "u_7", "lwdurable": true, "priority": -3, "data": null,
            "data_base64": "AAEC",
        }))
        .expect("an event");
        assert_eq!(event.extension("lwuser"), Some(&json!("u_7")));
        assert_eq!(event.extension("lwdurable"), Some(&json!(true)));
        assert_eq!(event.extension("subject"), None);
    }

    #[test]
    fn the_attribute_that_is_wrong_is_named() {
        for (members, error) in [
            (
                json!({"specversion": "0.3"}),
                "`specversion` must be \"1.0\"",
            ),
            (json!({"specversion": 1.0}), "`specversion` must be \"1.0\""),
            (json!({"id": ""}), "`id` must be a text that is not empty"),
            (json!({"id": null}), "`id` must be a text that is not empty"),
            (
                json!({"type": 7}),
                "`type` must be a text that is not empty",
            ),
            (
                json!({"source": "a b"}),
                "`source` must be a URI reference that is not empty",
            ),
            (
                json!({"dataschema": "/s"}),
                "`dataschema` must be a URI with a scheme",
            ),
            (
                json!({"subject": ""}),
                "`subject` must be a text that is not empty",
            ),
            (
                json!({"time": "yesterday"}),
                "`time` must be a time in RFC 3339",
            ),
            (
                json!({"lwUser": "u"}),
                "`lwUser` is no name of an attribute: names have lower-case letters and digits only",
            ),
            (
                json!({"lw.seq": 1}),
                "`lw.seq` is no name of an attribute: names have lower-case letters and digits only",
            ),
            (
                json!({"priority": 2_147_483_648_u32}),
                "`priority` must be a text, a Boolean or an integer of 32 bits",
            ),
            (
                json!({"trace": {}}),
                "`trace` must be a text, a Boolean or an integer of 32 bits",
            ),
            (
                json!({"data_base64": "?"}),
                "`data_base64` must be a text in base64",
            ),
            (
                json!({"data": 1, "data_base64": "AAEC"}),
                "an event has `data` or `data_base64`, not both",
            ),
        ] {
            let refused = with(&members).expect_err(error);
            assert_eq!(refused.to_string(), error);
        }
        for time in [
            "2026-11-20 23:31:17Z",
            "20261120T233117Z",
            "2026-11-20T23:31:17Z[UTC]",
        ] {
            assert!(with(&json!({ "time": time })).is_err(), "{time}");
        }
        let list = parse("[]").expect_err("no object").to_string();
        assert!(list.starts_with("an event must be a JSON object"), "{list}");
    }

    #[test]
    fn a_refusal_repeats_little_of_the_event() {
        let long = "x".repeat(10_000);
        for event in [
            format!(r#"{{"specversion":"1.0","{long}":{{}}}}"#),
            format!(r#"{{"specversion":"1.0","X{long}":1}}"#),
            format!(r#""{long}""#),
        ] {
            let refused = parse(&event).expect_err("no event").to_string();
            assert!(refused.len() < 200, "{refused}");
        }
    }

    #[test]
    fn a_member_that_stands_there_twice_is_refused() {
        let twice = r#"{"specversion":"1.0","id":"a","id":"b","source":"/o","type":"t"}"#;
        let refused = parse(twice).expect_err("two ids").to_string();
        assert!(refused.contains("`id` stands there twice"), "{refused}");
    }

    #[test]
    fn an_empty_source_is_refused() {
        let refused = with(&json!({"source": ""})).expect_err("no source");
        assert_eq!(refused, BadEvent::Missing("source"));
    }
}
