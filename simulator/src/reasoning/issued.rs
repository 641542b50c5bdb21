//! Signatures of reasoning: creates them, remembers them, verifies them when a caller returns them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::families::lookup::bare_id;

/// Signing key. It is constant so that signatures stay valid across restarts; it protects no secret.
const KEY: &[u8] = b"simulator";

/// Maximum number of remembered tool calls and preset signatures; the oldest are dropped first.
const MAX_ENTRIES: usize = 10_000;

/// Reasoning that responses contained: preset signatures, and the fingerprints that belong to each tool call.
/// The fingerprint of a reasoning block is its signature or its encrypted content.
#[derive(Debug, Default)]
pub(crate) struct IssuedReasoning(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// Text by preset signature.
    preset: HashMap<String, String>,
    /// Fingerprints by tool use id.
    fingerprints: HashMap<String, Vec<String>>,
    /// Keys of both maps, oldest first.
    order: VecDeque<String>,
}

/// Result of the verification of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignatureCheck {
    /// The signature belongs to this text and this model.
    Valid,
    /// The signature belongs to this text and another model; the service drops such a block silently.
    OtherModel,
    /// The signature does not belong to this text.
    Invalid,
}

impl IssuedReasoning {
    /// Returns the signature of a text. A `preset` signature is remembered as valid and returned unchanged.
    pub(crate) fn sign(&self, model: &str, text: &str, preset: Option<&str>) -> String {
        let Some(preset) = preset else {
            return signature(bare_id(model), text);
        };
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.preset.insert(preset.to_owned(), text.to_owned());
        entries.limit(preset.to_owned());
        preset.to_owned()
    }

    /// Remembers the fingerprints of the reasoning that preceded these tool calls.
    pub(crate) fn remember(&self, calls: &[&str], fingerprints: &[String]) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for call in calls {
            entries
                .fingerprints
                .insert((*call).to_owned(), fingerprints.to_vec());
            entries.limit((*call).to_owned());
        }
    }

    /// Returns the fingerprints of the reasoning that preceded a tool call; `None` for an unknown tool use id.
    /// A caller may replace tool use ids: the service requires only that a call and its result match.
    pub(crate) fn fingerprints(&self, call: &str) -> Option<Vec<String>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.fingerprints.get(call).cloned()
    }

    /// Verifies a signature that a caller returned, without its binding.
    pub(crate) fn verify(&self, model: &str, text: &str, returned: &str) -> SignatureCheck {
        let model = bare_id(model);
        let own = unbound(returned);
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries
            .preset
            .get(returned)
            .is_some_and(|signed| signed == text)
            || own == signature(model, text)
        {
            return SignatureCheck::Valid;
        }
        let signer = returned
            .split_once('.')
            .and_then(|(signer, _)| URL_SAFE_NO_PAD.decode(signer).ok());
        match signer.and_then(|signer| String::from_utf8(signer).ok()) {
            Some(signer) if signature(&signer, text) == own => SignatureCheck::OtherModel,
            _ => SignatureCheck::Invalid,
        }
    }
}

impl Entries {
    /// Appends a key to the order and drops the oldest entry above the limit.
    fn limit(&mut self, key: String) {
        self.order.push_back(key);
        if self.order.len() > MAX_ENTRIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.preset.remove(&oldest);
            self.fingerprints.remove(&oldest);
        }
    }
}

/// Returns the first two parts of a signature, without the parts of its binding.
fn unbound(signature: &str) -> &str {
    let end = signature.match_indices('.').nth(1);
    end.map_or(signature, |(end, _)| &signature[..end])
}

/// Signs a text: `<model>.<HMAC of model and text>`, both in base64.
pub(super) fn signature(model: &str, text: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(model), mac(&[model, text]))
}

/// Returns the HMAC of these parts in base64.
pub(super) fn mac(parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_is_valid_for_one_text_and_one_model() {
        let issued = IssuedReasoning::default();
        let own = issued.sign("m", "thought", None);
        assert_eq!(issued.verify("m", "thought", &own), SignatureCheck::Valid);
        assert_eq!(
            issued.verify("m", "other thought", &own),
            SignatureCheck::Invalid
        );
        assert_eq!(
            issued.verify("n", "thought", &own),
            SignatureCheck::OtherModel
        );
        assert_eq!(
            issued.verify("m", "thought", "made-up"),
            SignatureCheck::Invalid
        );
    }

    #[test]
    fn preset_signature_is_valid_for_its_text() {
        let issued = IssuedReasoning::default();
        assert_eq!(issued.sign("m", "thought", Some("mine")), "mine");
        assert_eq!(issued.verify("m", "thought", "mine"), SignatureCheck::Valid);
        assert_eq!(issued.verify("m", "other", "mine"), SignatureCheck::Invalid);
    }
}
