//! Invariants of the stored messages, which hold after every write.

use longwire_core::message::Message;

use crate::observations::Observations;
use crate::snapshot::Snapshot;

impl Observations {
    /// Checks that no message is replaced by that of another run or changed, except the first one of a run once its approved
    /// calls were made, that only messages of former generations are removed,
    /// and that none is added to an erased one.
    pub(crate) fn check_messages(&mut self, operation: &str, before: &Snapshot) {
        let generation = self.snapshot.meta.as_ref().map(|meta| meta.generation);
        let added = self.snapshot.messages.iter().find(|(place, _)| {
            self.erased_generations.contains(&place.0) && !before.messages.contains_key(place)
        });
        if let Some((place, message)) = added {
            let run = &message.run_id;
            let violation =
                format!("{operation} added message {place:?} of {run} after its erasure");
            self.violation(violation);
        }
        for (place, message) in &before.messages {
            let run = &message.run_id;
            let violation = match self.snapshot.messages.get(place) {
                Some(other) if other.run_id != *run => {
                    let other = &other.run_id;
                    format!("{operation} replaced message {place:?} of {run} by one of {other}")
                }
                Some(other) if other != message && !completes(message, other) => {
                    format!("{operation} changed message {place:?} of {run}")
                }
                None if generation == Some(place.0) => {
                    format!("{operation} removed message {place:?} of {run}")
                }
                Some(_) | None => continue,
            };
            self.violation(violation);
        }
    }
}

/// Tells whether a message is the same as one that was stored before its calls were made, with their results.
fn completes(calling: &Message, message: &Message) -> bool {
    let kept = calling.blocks.len();
    let without_results = Message {
        calling: true,
        blocks: message.blocks.iter().take(kept).cloned().collect(),
        ..message.clone()
    };
    *calling == without_results && !message.calling && message.blocks.len() > kept
}
