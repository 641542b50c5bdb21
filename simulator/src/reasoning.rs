//! Signatures of thought: made, remembered, checked when they come back.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Fixed, so that signatures stay good when the simulator restarts. It protects nothing.
const KEY: &[u8] = b"simulator";

/// How many tool turns and given signatures are remembered.
const REMEMBERED: usize = 10_000;

/// What was given out: signatures, and the thought that led to each tool call.
#[derive(Debug, Default)]
pub(crate) struct Issued(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    given: HashMap<String, String>,
    turns: HashMap<String, Vec<String>>,
    order: VecDeque<String>,
}

/// What a returned signature is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Of this text by this model.
    Good,
    /// Good, but another model's: the service drops such a block silently.
    Foreign,
    /// Not of this text.
    Bad,
}

impl Issued {
    /// The signature of a text; `given` is used, and remembered, in place of a real one.
    pub(crate) fn sign(&self, model: &str, text: &str, given: Option<&str>) -> String {
        let Some(given) = given else {
            return signature(model, text);
        };
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.given.insert(given.to_owned(), text.to_owned());
        memory.remember(given.to_owned());
        given.to_owned()
    }

    /// Notes which proofs (signatures, redacted data) went with these calls.
    pub(crate) fn remember(&self, calls: &[&str], proofs: &[String]) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for call in calls {
            memory.turns.insert((*call).to_owned(), proofs.to_vec());
            memory.remember((*call).to_owned());
        }
    }

    /// The proofs that went with a call; none for a call that was never made here. A caller may give calls
    /// names of its own: the service only wants a call and its result to agree.
    pub(crate) fn proofs(&self, call: &str) -> Option<Vec<String>> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.turns.get(call).cloned()
    }

    /// Checks a signature that came back.
    pub(crate) fn verify(&self, model: &str, text: &str, returned: &str) -> Verdict {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory
            .given
            .get(returned)
            .is_some_and(|given| given == text)
            || returned == signature(model, text)
        {
            return Verdict::Good;
        }
        let signer = returned
            .split_once('.')
            .and_then(|(signer, _)| URL_SAFE_NO_PAD.decode(signer).ok());
        match signer.and_then(|signer| String::from_utf8(signer).ok()) {
            Some(signer) if signature(&signer, text) == returned => Verdict::Foreign,
            _ => Verdict::Bad,
        }
    }
}

impl Memory {
    fn remember(&mut self, key: String) {
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.given.remove(&oldest);
            self.turns.remove(&oldest);
        }
    }
}

/// `<model>.<keyed hash of model and text>`, both in base64.
fn signature(model: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes keys of any length");
    mac.update(model.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    let hash = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{}.{hash}", URL_SAFE_NO_PAD.encode(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_text_and_one_model() {
        let issued = Issued::default();
        let own = issued.sign("m", "thought", None);
        assert_eq!(issued.verify("m", "thought", &own), Verdict::Good);
        assert_eq!(issued.verify("m", "other thought", &own), Verdict::Bad);
        assert_eq!(issued.verify("n", "thought", &own), Verdict::Foreign);
        assert_eq!(issued.verify("m", "thought", "made-up"), Verdict::Bad);
    }

    #[test]
    fn a_given_signature_is_remembered() {
        let issued = Issued::default();
        assert_eq!(issued.sign("m", "thought", Some("mine")), "mine");
        assert_eq!(issued.verify("m", "thought", "mine"), Verdict::Good);
        assert_eq!(issued.verify("m", "other", "mine"), Verdict::Bad);
    }
}
