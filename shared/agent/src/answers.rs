//! Answers to the calls that earlier runs left open, with which a run begins.

use longwire_core::approval::Decision;
use longwire_core::ids::MessageId;
use longwire_core::tool::{SERVER_TOOLS, ToolCall, ToolOutcome, ToolResult};

use crate::approvals::{ApprovedCall, NOT_APPROVED};
use crate::result_limits::ResultBytes;
use crate::tool_calls::NOT_REPEATED;

/// Result of a call for which the client gave none.
const NOT_GIVEN: &str = "The client gave no result.";

/// Result of an approved call that no run made.
const NOT_MADE: &str = "The call was approved, but it was not made.";

/// Answers with which a run begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Results, in the order of the calls.
    pub results: Vec<ToolResult>,
    /// Approved calls, which the run makes.
    pub approved: Vec<ApprovedCall>,
}

/// Answers to open calls with which the run that follows them begins. Calls without an answer stay open. The wait ended with
/// the last answer, so there is one; none are left only when they have expired.
pub fn following_answers(calls: &[&ToolCall], given: Vec<ToolResult>) -> Answers {
    if given.is_empty() {
        return closing_answers(calls, given, false);
    }
    let (approved, given): (Vec<_>, Vec<_>) = given.into_iter().partition(is_approved);
    let answered = |call: &&&ToolCall| given.iter().any(|result| result.call_id == call.id);
    let answered: Vec<_> = calls.iter().filter(answered).copied().collect();
    let approved = approved.into_iter().filter_map(|approved| {
        let (id, decision) = (approved.call_id, approved.decision?);
        Some(ApprovedCall { id, decision })
    });
    Answers {
        approved: approved.collect(),
        results: closing_answers(&answered, given, false).results,
    }
}

/// Answers with which another run begins: it closes every open call. `maybe_made` tells whether an earlier run may have made the
/// approved ones.
pub fn closing_answers(
    calls: &[&ToolCall],
    mut given: Vec<ToolResult>,
    maybe_made: bool,
) -> Answers {
    let mut bytes = ResultBytes::new(calls.len());
    let result = |call: &&ToolCall| {
        let position = given.iter().position(|result| result.call_id == call.id);
        let result = match position.map(|position| given.swap_remove(position)) {
            Some(approved) if is_approved(&approved) => unmade(approved, maybe_made),
            Some(result) => result,
            None => unanswered(call),
        };
        ToolResult {
            content: bytes.limit(result.content).content,
            ..result
        }
    };
    Answers {
        results: calls.iter().map(result).collect(),
        approved: Vec::new(),
    }
}

fn is_approved(result: &ToolResult) -> bool {
    let decision = result.decision.as_ref();
    decision.is_some_and(|decision| decision.approved)
}

/// Result of an approved call that is not made by this run.
fn unmade(approved: ToolResult, maybe_made: bool) -> ToolResult {
    let (outcome, content) = match maybe_made {
        true => (ToolOutcome::Error, NOT_REPEATED),
        false => (ToolOutcome::Cancelled, NOT_MADE),
    };
    let decision = approved.decision.map(|decision| Decision {
        edited_args: None,
        ..decision
    });
    ToolResult {
        outcome,
        content: content.to_owned(),
        decision,
        ..approved
    }
}

/// Result of a call without an answer.
fn unanswered(call: &ToolCall) -> ToolResult {
    let (outcome, content) = match SERVER_TOOLS.contains(&call.name.as_str()) {
        true => (ToolOutcome::Denied, NOT_APPROVED),
        false => (ToolOutcome::Error, NOT_GIVEN),
    };
    ToolResult {
        message_id: message_id(call),
        call_id: call.id.clone(),
        outcome,
        content: content.to_owned(),
        decision: None,
    }
}

/// Id of a result that nobody named: each worker that begins the run makes the same.
fn message_id(call: &ToolCall) -> MessageId {
    MessageId::trusted(format!("m_{}", call.id))
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::CallId;

    use super::*;

    fn call(id: &str, name: &str) -> ToolCall {
        ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            arguments: "{}".to_owned(),
            parent: MessageId::trusted("m_1"),
        }
    }

    fn given(id: &str, approved: Option<bool>) -> ToolResult {
        let decision = |approved| Decision {
            approved,
            reason: None,
            edited_args: None,
            by: None,
            at: 7,
        };
        ToolResult {
            message_id: MessageId::trusted("m_2"),
            call_id: CallId::trusted(id),
            outcome: ToolOutcome::Success,
            content: "given".to_owned(),
            decision: approved.map(decision),
        }
    }

    fn contents(answers: &Answers) -> Vec<(&str, &str)> {
        let results = answers.results.iter();
        results
            .map(|result| (result.call_id.as_str(), result.content.as_str()))
            .collect()
    }

    #[test]
    fn the_run_that_follows_makes_approved_calls_and_leaves_the_clients_open() {
        let calls = [
            call("tc_1", "get_weather"),
            call("tc_2", "top_song"),
            call("tc_3", "kb_lookup"),
        ];
        let calls: Vec<_> = calls.iter().collect();
        let decided = vec![given("tc_3", Some(false)), given("tc_1", Some(true))];
        let answers = following_answers(&calls, decided);
        let approved = answers.approved.iter().map(|call| call.id.as_str());
        assert_eq!(approved.collect::<Vec<_>>(), ["tc_1"]);
        assert_eq!(contents(&answers), [("tc_3", "given")]);
    }

    #[test]
    fn another_run_closes_every_call_and_makes_none() {
        let calls = [
            call("tc_1", "get_weather"),
            call("tc_2", "get_weather"),
            call("tc_3", "top_song"),
            call("tc_4", "top_song"),
        ];
        let calls: Vec<_> = calls.iter().collect();
        let answers = || vec![given("tc_4", None), given("tc_1", Some(true))];
        let closed = closing_answers(&calls, answers(), false);
        assert!(closed.approved.is_empty());
        assert_eq!(
            contents(&closed),
            [
                ("tc_1", NOT_MADE),
                ("tc_2", NOT_APPROVED),
                ("tc_3", NOT_GIVEN),
                ("tc_4", "given")
            ]
        );
        let maybe_made = closing_answers(&calls, answers(), true);
        assert_eq!(contents(&maybe_made)[0], ("tc_1", NOT_REPEATED));
    }

    #[test]
    fn answers_that_have_expired_leave_no_call_open() {
        let call = call("tc_1", "top_song");
        let answers = following_answers(&[&call], Vec::new());
        assert_eq!(contents(&answers), [("tc_1", NOT_GIVEN)]);
    }
}
