//! Digest of what stands before a reasoning block.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Digest of system prompt, tools and content blocks, in order. Cache points and reasoning are no part of it,
/// neither is the order of the members of a JSON object.
#[derive(Clone, Debug)]
pub(super) struct Prefix(Sha256);

impl Prefix {
    /// Creates the digest of the system prompt and the tools of a request's body.
    pub(super) fn new(body: &Value) -> Self {
        let mut prefix = Self(Sha256::new());
        for list in ["/system", "/toolConfig/tools"] {
            prefix.write(list);
            for entry in entries(body.pointer(list)) {
                prefix.append(entry);
            }
        }
        prefix
    }

    /// Adds the start of a message.
    pub(super) fn start_message(&mut self, role: &str) {
        self.write(role);
    }

    /// Adds a content block, unless it is a cache point or reasoning.
    pub(super) fn append(&mut self, block: &Value) {
        if block.get("cachePoint").is_none() && block.get("reasoningContent").is_none() {
            self.write(&canonical(block));
        }
    }

    /// Returns the digest so far.
    pub(super) fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.clone().finalize())
    }

    fn write(&mut self, text: &str) {
        self.0.update(text.len().to_be_bytes());
        self.0.update(text);
    }
}

/// Iterates over the entries of a JSON array; over none if the value is absent or no array.
pub(super) fn entries(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

/// Serializes a value with the members of each object in the order of their names.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members
                .into_iter()
                .map(|(name, value)| format!("{name:?}:{}", canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(canonical).collect();
            format!("[{}]", entries.join(","))
        }
        other => other.to_string(),
    }
}
