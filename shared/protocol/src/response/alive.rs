//! `alive`: a run has sent no event for a while, and goes on.

use longwire_core::ids::RunId;
use serde::Serialize;

/// Sign of life of a run without a new event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "alive", rename_all = "camelCase")]
pub struct Alive {
    /// Id of the run.
    pub run_id: RunId,
    /// Number of its last event.
    pub last: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let alive = Alive {
            run_id: RunId::trusted("r7"),
            last: 7,
        };
        assert_eq!(json(&alive), r#"{"type":"alive","runId":"r7","last":7}"#);
    }
}
