//! `approval`: decides about a call that needs approval.

use longwire_core::approval::{Decision, MAX_REASON_BYTES};
use longwire_core::ids::{InterruptId, ThreadId, UserId};
use serde_json::{Map, Value, json};

use crate::request::fields::Fields;
use crate::request::legacy;
use crate::request::text::check_text;
use crate::response::error::{ErrorResponse, invalid, too_large};

/// Most bytes of arguments that a user edits, as JSON. The result of the call repeats them.
const MAX_EDITED_BYTES: usize = 4 * 1024;

/// Decision about a call. The response is an [`Ack`](crate::response::ack::Ack).
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Thread of the call; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Interrupt that is answered.
    pub interrupt_id: InterruptId,
    /// The decision.
    pub verdict: Verdict,
}

/// Decision of a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The call is allowed, with other arguments than the model's if some are given: at most 4 KB of JSON.
    Approved(Option<Map<String, Value>>),
    /// The call is denied, for this reason if one is given: not blank, at most 1,000 bytes.
    Denied(Option<String>),
}

impl Approval {
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let interrupt_id = fields.id("interruptId", InterruptId::parse)?;
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            interrupt_id: interrupt_id.ok_or_else(|| invalid("`interruptId` is missing."))?,
            verdict: Verdict::parse(fields)?,
        })
    }
}

impl Verdict {
    /// Parses `approved`, `editedArgs` and `reason`.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let approved = fields.get("approved")?;
        let edited: Option<Map<String, Value>> = fields.object("editedArgs")?;
        let long = |edited: &Map<_, _>| json!(edited).to_string().len() > MAX_EDITED_BYTES;
        if edited.as_ref().is_some_and(long) {
            return Err(too_large("The `editedArgs`", MAX_EDITED_BYTES));
        }
        let reason = fields.text("reason")?;
        match approved.ok_or_else(|| invalid("`approved` is missing."))? {
            true if reason.is_some() => Err(invalid("`reason` is for a call that is denied.")),
            true => Ok(Self::Approved(edited)),
            false if edited.is_some() => {
                Err(invalid("`editedArgs` is for a call that is approved."))
            }
            false => {
                let reason = reason.map(|reason| check_text("reason", reason, MAX_REASON_BYTES));
                Ok(Self::Denied(reason.transpose()?))
            }
        }
    }

    /// Decision of a user at this time, in seconds since 1970.
    pub fn by(self, by: Option<UserId>, at: u64) -> Decision {
        let (approved, reason, edited_args) = match self {
            Self::Approved(edited) => (
                true,
                None,
                edited.map(|edited| Value::Object(edited).to_string()),
            ),
            Self::Denied(reason) => (false, reason, None),
        };
        Decision {
            approved,
            reason,
            edited_args,
            by,
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(verdict: &Value) -> Result<Verdict, String> {
        let mut request = json!({ "interruptId": "i_tc_1" });
        let fields = verdict.as_object().expect("fields").clone();
        request.as_object_mut().expect("fields").extend(fields);
        let approval = Approval::parse(&Fields::new(&request));
        approval
            .map(|approval| approval.verdict)
            .map_err(|error| error.message)
    }

    #[test]
    fn a_call_is_approved_or_denied() {
        let edited = json!({ "to": "c@d.com" });
        let object = edited.as_object().cloned();
        for (fields, verdict) in [
            (json!({ "approved": true }), Verdict::Approved(None)),
            (
                json!({ "approved": true, "editedArgs": edited }),
                Verdict::Approved(object),
            ),
            (json!({ "approved": false }), Verdict::Denied(None)),
            (
                json!({ "approved": false, "reason": "too expensive" }),
                Verdict::Denied(Some("too expensive".to_owned())),
            ),
        ] {
            assert_eq!(parse(&fields), Ok(verdict));
        }
    }

    #[test]
    fn other_requests_are_refused_by_the_name_of_the_field() {
        for (fields, message) in [
            (
                json!({ "interruptId": null, "approved": true }),
                "`interruptId` is missing.",
            ),
            (json!({}), "`approved` is missing."),
            (
                json!({ "approved": "yes" }),
                "`approved` must be a boolean.",
            ),
            (
                json!({ "approved": true, "reason": "no" }),
                "`reason` is for a call that is denied.",
            ),
            (
                json!({ "approved": false, "editedArgs": {} }),
                "`editedArgs` is for a call that is approved.",
            ),
            (
                json!({ "approved": true, "editedArgs": [] }),
                "`editedArgs` must be an object.",
            ),
            (
                json!({ "approved": true, "editedArgs": { "to": "a".repeat(4_096) } }),
                "The `editedArgs` must have at most 4096 bytes of UTF-8.",
            ),
            (
                json!({ "approved": false, "reason": " " }),
                "`reason` must not be empty or blank.",
            ),
            (
                json!({ "approved": false, "reason": "a".repeat(1001) }),
                "The `reason` must have at most 1000 bytes of UTF-8.",
            ),
        ] {
            assert_eq!(parse(&fields), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_decision_names_its_user_and_its_time() {
        let user = Some(UserId::trusted("u_7"));
        let edited = json!({ "to": "c@d.com" }).as_object().cloned();
        let decision = Verdict::Approved(edited).by(user.clone(), 7);
        let expected = Decision {
            approved: true,
            reason: None,
            edited_args: Some(r#"{"to":"c@d.com"}"#.to_owned()),
            by: user,
            at: 7,
        };
        assert_eq!(decision, expected);
    }
}
