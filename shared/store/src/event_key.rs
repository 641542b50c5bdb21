//! Names of events in the tables.

use std::fmt;

use longwire_core::cloud_event::CloudEvent;
use sha2::{Digest as _, Sha256};

/// Time for which a repeated event is recognised, in seconds.
pub const KNOWN: u64 = 24 * 3600;

/// Name of an event in the tables: hexadecimal digits of a hash of its source and its id, which together are unique ("source" in the
/// CloudEvents specification).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventKey(String);

impl EventKey {
    /// Name of this event.
    pub fn of(event: &CloudEvent) -> Self {
        let mut hash = Sha256::new();
        // The length keeps "a" + "bc" apart from "ab" + "c".
        hash.update(event.source().len().to_be_bytes());
        hash.update(event.source());
        hash.update(event.id());
        let bytes: [u8; 32] = hash.finalize().into();
        let (first, _) = bytes.split_at(16);
        Self(first.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn named(source: &str, id: &str) -> EventKey {
        let json = format!(r#"{{"specversion":"1.0","type":"t","source":"{source}","id":"{id}"}}"#);
        let json = RawValue::from_string(json).expect("JSON");
        EventKey::of(&CloudEvent::parse(&json).expect("an event"))
    }

    #[test]
    fn source_and_id_name_an_event() {
        assert_eq!(named("a", "bc"), named("a", "bc"));
        assert_ne!(named("a", "bc"), named("ab", "c"));
        assert_eq!(named("a", "bc").to_string().len(), 32);
    }
}
