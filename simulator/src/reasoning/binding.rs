//! Binding of a reasoning block to what stood before it ("claude-messages-thinking-block-binding").
//!
//! A bound signature is `<signature>.<count>-<predecessor>.<tag>`: the number of reasoning blocks before it, the
//! fingerprint of the last of them, and a tag over both and the prefix. The blocks that are still present must
//! be the last ones before it, so that only those at either end can be left out.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    issued::{IssuedReasoning, SignatureCheck, mac, signature},
    prefix::{Prefix, entries},
};
use crate::{conversation::request::Request, families::lookup::bare_id};

/// Number of characters of a fingerprint.
const FINGERPRINT_CHARACTERS: usize = 16;

/// Content before the next block.
#[derive(Debug)]
pub(crate) struct Binding {
    model: String,
    prefix: Prefix,
    /// Number of reasoning blocks of this model.
    count: usize,
    /// Fingerprint of the last one; empty without any.
    last: String,
}

/// Position of a reasoning block: indexes of the message and the block.
pub(crate) type Position = (usize, usize);

impl Binding {
    /// Reads a request. Returns what stands before the response, and the position of the first reasoning block
    /// that does not match what stands before it. Blocks of other models are skipped.
    pub(crate) fn of_request(
        request: &Request,
        model: &str,
        issued: &IssuedReasoning,
    ) -> (Self, Option<Position>) {
        let mut binding = Self {
            model: bare_id(model).to_owned(),
            prefix: Prefix::new(&request.body),
            count: 0,
            last: String::new(),
        };
        let mut mismatch = None;
        for (index, message) in entries(request.body.get("messages")).enumerate() {
            binding.start_message(message["role"].as_str().unwrap_or_default());
            for (block_index, block) in entries(message.get("content")).enumerate() {
                let matches = binding.read(block, issued);
                mismatch = mismatch.or((!matches).then_some((index, block_index)));
            }
        }
        (binding, mismatch)
    }

    /// Adds the start of a message.
    pub(crate) fn start_message(&mut self, role: &str) {
        self.prefix.start_message(role);
    }

    /// Adds text of the response.
    pub(crate) fn append_text(&mut self, text: &str) {
        self.prefix.append(&json!({ "text": text }));
    }

    /// Adds a tool call of the response; input that is not JSON counts as an empty object.
    pub(crate) fn append_call(&mut self, id: &str, name: &str, input: &str) {
        let input = serde_json::from_str(input).unwrap_or_else(|_| json!({}));
        let call = json!({ "toolUseId": id, "name": name, "input": input });
        self.prefix.append(&json!({ "toolUse": call }));
    }

    /// Adds reasoning of the response that has this signature or this encrypted content.
    pub(crate) fn append_reasoning(&mut self, seal: &str) {
        self.count += 1;
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(seal));
        self.last = hash.chars().take(FINGERPRINT_CHARACTERS).collect();
    }

    /// Signs the next reasoning block.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signature = signature(&self.model, text);
        let before = format!("{}-{}", self.count, self.last);
        let tag = self.tag(text, &before);
        format!("{signature}.{before}.{tag}")
    }

    /// Adds a block of the request. Returns `false` for a reasoning block of this model that does not match.
    fn read(&mut self, block: &Value, issued: &IssuedReasoning) -> bool {
        self.prefix.append(block);
        if let Some(data) = block.pointer("/reasoningContent/redactedContent") {
            self.append_reasoning(data.as_str().unwrap_or_default());
            return true;
        }
        let member = |name: &str| {
            let path = format!("/reasoningContent/reasoningText/{name}");
            block.pointer(&path).and_then(Value::as_str)
        };
        let (Some(text), Some(seal)) = (member("text"), member("signature")) else {
            return true;
        };
        if issued.verify(&self.model, text, seal) != SignatureCheck::Valid {
            return true;
        }
        let matches = self.matches(text, seal);
        self.append_reasoning(seal);
        matches
    }

    /// Returns `true` for a signature that is bound to this place, or to none.
    fn matches(&self, text: &str, seal: &str) -> bool {
        let parts: Vec<&str> = seal.split('.').collect();
        let [_, _, before, tag] = parts[..] else {
            return true;
        };
        let Some((count, last)) = before.split_once('-') else {
            return false;
        };
        let follows = self.count == 0
            || (last == self.last
                && count
                    .parse::<usize>()
                    .is_ok_and(|count| self.count <= count));
        follows && tag == self.tag(text, before)
    }

    fn tag(&self, text: &str, before: &str) -> String {
        mac(&[&self.model, text, before, &self.prefix.digest()])
    }
}
