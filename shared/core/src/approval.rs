//! Approvals: a person allows or denies calls of the server's tools before they are made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CallId, UserId};
use crate::json_text;

/// Most bytes of the reason for which a person denies a call.
pub const MAX_REASON_BYTES: usize = 1_000;

/// Approval that the calls of a tool need in a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalNeeded {
    /// Each call needs one.
    Always,
    /// Some calls need one, by their arguments.
    Rule,
}

/// Approvals that a thread waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingApprovals {
    /// Tool of each call.
    pub tools: BTreeMap<CallId, String>,
    /// Terms of the approval, by tool.
    pub terms: BTreeMap<String, ApprovalTerms>,
}

/// Terms on which calls of a tool may be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalTerms {
    /// Group of the claims that a user needs for the decision; absent: any user of the thread decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// JSON Schema of the tool's arguments, for those that a person edits. JSON text in one attribute, because DynamoDB
    /// limits the nesting of its own types.
    #[serde(with = "json_text")]
    pub schema: Value,
}

impl PendingApprovals {
    /// Question about a call, as text for people; `None` when it waits for no approval.
    pub fn question(&self, call_id: &CallId) -> Option<String> {
        let tool = self.tools.get(call_id)?;
        Some(format!("The assistant wants to call the tool {tool}."))
    }

    /// Terms on which a call may be approved.
    pub fn terms_of(&self, call_id: &CallId) -> Option<&ApprovalTerms> {
        self.terms.get(self.tools.get(call_id)?)
    }
}

/// Decision of a person about a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The call is allowed.
    pub approved: bool,
    /// Reason for which the call is denied, at most 1,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Arguments with which the call is made in place of the model's: a JSON object, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_args: Option<String>,
    /// User who decided; absent where users are not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Time of the decision, in seconds since 1970.
    pub at: u64,
}

impl Decision {
    /// Tells whether a person decided the same, whoever it was and whenever.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.approved, &self.reason, &self.edited_args)
            == (other.approved, &other.reason, &other.edited_args)
    }

    /// Text about a denied call, for the model.
    pub fn denial(&self) -> String {
        match &self.reason {
            Some(reason) => format!("The user denied the call: {reason}"),
            None => "The user denied the call.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decision(reason: Option<&str>) -> Decision {
        Decision {
            approved: false,
            reason: reason.map(str::to_owned),
            edited_args: None,
            by: None,
            at: 7,
        }
    }

    #[test]
    fn the_model_is_told_the_reason() {
        assert_eq!(decision(None).denial(), "The user denied the call.");
        assert_eq!(
            decision(Some("too expensive")).denial(),
            "The user denied the call: too expensive"
        );
    }

    #[test]
    fn a_decision_is_the_same_whoever_made_it_and_when() {
        let later = Decision {
            by: Some(UserId::trusted("u_7")),
            at: 8,
            ..decision(None)
        };
        assert!(later.is_same(&decision(None)));
        assert!(!later.is_same(&decision(Some("no"))));
    }

    #[test]
    fn a_schema_is_stored_as_text() {
        let terms = ApprovalTerms {
            group: None,
            schema: json!({ "type": "object" }),
        };
        let stored = serde_json::to_value(&terms).expect("an object");
        assert_eq!(stored, json!({ "schema": r#"{"type":"object"}"# }));
        assert_eq!(
            serde_json::from_value::<ApprovalTerms>(stored).expect("terms"),
            terms
        );
    }
}
