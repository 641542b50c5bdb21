//! Interrupts: what a user is asked about calls that need approval, as RUN_FINISHED, `history` and `resumed` carry it.

use longwire_core::approval::MAX_REASON_BYTES;
use longwire_core::clock::rfc3339;
use longwire_core::ids::{CallId, InterruptId};
use longwire_core::pending::Pending;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most bytes of JSON that the schemas take in the interrupts of a wait, which stand in one frame. Each call has an equal share; a
/// longer schema is replaced by `{"type":"object"}`.
const MAX_SCHEMAS: usize = 12 * 1024;

/// Reason of every interrupt.
const REASON: &str = "tool_call";

/// Question to a user about a call, in the shape of AG-UI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interrupt {
    /// Id, which the answer names.
    pub id: InterruptId,
    /// Always `tool_call`.
    pub reason: String,
    /// Question, as text for people.
    pub message: String,
    /// Call that waits.
    pub tool_call_id: CallId,
    /// JSON Schema of the answer.
    pub response_schema: Value,
    /// Time at which the wait expires, as RFC 3339.
    pub expires_at: String,
}

impl Interrupt {
    /// Interrupts of a wait that have no answer, in the order of the calls.
    pub fn all_of(pending: &Pending) -> Vec<Self> {
        let Some(approvals) = &pending.approvals else {
            return Vec::new();
        };
        let most = MAX_SCHEMAS / approvals.tools.len().max(1);
        let interrupt = |call_id: CallId| {
            let tool = approvals.tools.get(&call_id)?;
            let terms = approvals.terms.get(tool)?;
            Some(Self {
                id: InterruptId::of(&call_id),
                reason: REASON.to_owned(),
                message: approvals.question(&call_id)?,
                tool_call_id: call_id,
                response_schema: response_schema(&terms.schema, most),
                expires_at: rfc3339(pending.until),
            })
        };
        let calls = pending.call_ids().into_iter();
        calls.filter_map(interrupt).collect()
    }
}

/// JSON Schema of the answer about a call whose arguments have this schema, if it has at most this many bytes of JSON.
fn response_schema(arguments: &Value, most: usize) -> Value {
    let short = arguments.to_string().len() <= most;
    let any = json!({ "type": "object" });
    let arguments = if short { arguments } else { &any };
    json!({
        "type": "object",
        "properties": {
            "approved": { "type": "boolean" },
            "reason": { "type": "string", "maxLength": MAX_REASON_BYTES },
            "editedArgs": arguments,
        },
        "required": ["approved"],
    })
}

#[cfg(test)]
mod tests {
    use longwire_core::approval::{ApprovalTerms, PendingApprovals};
    use longwire_core::ids::RunId;

    use super::*;

    #[test]
    fn every_call_without_a_decision_has_an_interrupt() {
        let calls = ["tc_9", "tc_1"].map(CallId::trusted);
        let terms = ApprovalTerms {
            group: None,
            schema: json!({ "type": "object" }),
        };
        let tools = calls.iter().map(|call| (call.clone(), "refund".to_owned()));
        let approvals = PendingApprovals {
            tools: tools.collect(),
            terms: [("refund".to_owned(), terms)].into(),
        };
        let mut pending = Pending {
            approvals: Some(approvals),
            ..Pending::new(RunId::trusted("r_1"), calls.clone(), 1_764_248_400)
        };
        let ids = |pending: &Pending| {
            let interrupts = Interrupt::all_of(pending).into_iter();
            interrupts
                .map(|interrupt| interrupt.id.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&pending), ["i_tc_9", "i_tc_1"]);
        pending.calls.remove(&calls[0]);
        assert_eq!(ids(&pending), ["i_tc_1"]);
        let [interrupt] = Interrupt::all_of(&pending).try_into().expect("one");
        assert_eq!(
            json!(interrupt),
            json!({
                "id": "i_tc_1",
                "reason": "tool_call",
                "message": "The assistant wants to call the tool refund.",
                "toolCallId": "tc_1",
                "responseSchema": {
                    "type": "object",
                    "properties": {
                        "approved": { "type": "boolean" },
                        "reason": { "type": "string", "maxLength": 1000 },
                        "editedArgs": { "type": "object" },
                    },
                    "required": ["approved"],
                },
                "expiresAt": "2025-11-27T13:00:00Z",
            })
        );
    }

    #[test]
    fn a_wait_for_results_has_no_interrupt() {
        let pending = Pending::new(RunId::trusted("r_1"), [CallId::trusted("tc_1")], 0);
        assert_eq!(Interrupt::all_of(&pending), []);
    }
}
