//! Answers to the calls that a thread waits for, as they arrive: results of those that the client makes, and decisions about
//! those that need approval. The run that follows stores them as a message.

use longwire_core::approval::Decision;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::thread_key::ThreadKey;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::error::StoreError;
use crate::item::read;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::update::held;

/// Time for which a result is kept after the wait for it expires, in seconds: the run that follows reads it, and a repeated
/// request is recognised.
const KEPT: u64 = 48 * 3600;

/// Result of a call or a part of it, or a decision about a call. A denied call has its result with the decision; an approved
/// one is still to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultPart {
    /// Id of the message with the result.
    pub message_id: MessageId,
    /// Outcome of the call.
    pub outcome: ToolOutcome,
    /// Content of the part.
    pub content: String,
    /// Number of parts.
    pub of: usize,
    /// Run that made the call.
    pub asked_by: RunId,
    /// Run that follows when each call has its result.
    pub next_run_id: RunId,
    /// Decision, if the call needed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

impl ResultPart {
    /// Tells whether a request for this part repeats the one that stored it. The ids do not count: the server chooses them for
    /// clients that do not.
    pub fn is_repeated_by(&self, other: &Self) -> bool {
        let same_decision = match (&self.decision, &other.decision) {
            (Some(one), Some(other)) => one.is_same(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        same_decision
            && (self.outcome, &self.content, self.of) == (other.outcome, &other.content, other.of)
    }
}

/// Place of a part: thread, generation and call, and its number from 1.
#[derive(Debug, Clone, Copy)]
pub struct PartPlace<'a> {
    /// Thread of the call.
    pub key: &'a ThreadKey,
    /// Generation of the thread.
    pub generation: u64,
    /// Call.
    pub call_id: &'a CallId,
    /// Number of the part, from 1.
    pub part: usize,
}

/// Outcome of storing a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartStored {
    /// The part is stored, by this request or an earlier one with the same content.
    Stored(ResultPart),
    /// Another request stored other content.
    Other(ResultPart),
}

impl Threads {
    /// Reads the part at this place.
    pub async fn result_part(
        &self,
        place: PartPlace<'_>,
    ) -> Result<Option<ResultPart>, StoreError> {
        let sort = keys::call_result(place.generation, place.call_id, place.part);
        self.get(place.key, sort).await
    }

    /// Stores a part unless there is one at its place. `until` is the expiry of the wait, in seconds since 1970.
    pub async fn put_result_part(
        &self,
        place: PartPlace<'_>,
        part: ResultPart,
        until: u64,
    ) -> Result<PartStored, StoreError> {
        let sort = keys::call_result(place.generation, place.call_id, place.part);
        let mut item = keys::item(place.key, sort);
        item.extend(to_item(&part)?);
        item.insert("ttl".to_owned(), crate::item::n(until + KEPT));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(content)");
        let put = with_jitter(|| async { Ok(request.clone().send().await?) }).await;
        if held(put)? {
            return Ok(PartStored::Stored(part));
        }
        let stored = self.result_part(place).await?;
        let stored = stored.ok_or(StoreError::ConditionFailed)?;
        Ok(match stored.is_repeated_by(&part) {
            true => PartStored::Stored(stored),
            false => PartStored::Other(stored),
        })
    }

    /// Answer to a call once all its parts are stored: its result, or the approval with which it is to be made.
    pub async fn call_result(
        &self,
        key: &ThreadKey,
        generation: u64,
        call_id: &CallId,
    ) -> Result<Option<ToolResult>, StoreError> {
        let query = self
            .query_prefix(key, &keys::call_results_of(generation, call_id))
            .scan_index_forward(true)
            .consistent_read(true);
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        let parts = output.items.unwrap_or_default().into_iter().map(read);
        Ok(join(call_id, &parts.collect::<Result<Vec<_>, _>>()?))
    }

    /// Answers to those of the calls that have one.
    pub async fn call_results(
        &self,
        key: &ThreadKey,
        generation: u64,
        calls: &[&ToolCall],
    ) -> Result<Vec<ToolResult>, StoreError> {
        let reads = calls
            .iter()
            .map(|call| self.call_result(key, generation, &call.id));
        let results = futures::future::try_join_all(reads).await?;
        Ok(results.into_iter().flatten().collect())
    }
}

/// Joins parts in order; `None` while one is missing. The first one names the message and the outcome, and how many there are:
/// parts of a result that is cut otherwise do not belong to it.
fn join(call_id: &CallId, parts: &[ResultPart]) -> Option<ToolResult> {
    let first = parts.first()?;
    let parts = || parts.iter().filter(|part| part.of == first.of);
    if parts().count() != first.of {
        return None;
    }
    Some(ToolResult {
        message_id: first.message_id.clone(),
        call_id: call_id.clone(),
        outcome: first.outcome,
        content: parts().map(|part| part.content.as_str()).collect(),
        decision: first.decision.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(content: &str, of: usize) -> ResultPart {
        ResultPart {
            message_id: MessageId::trusted(format!("m_{content}")),
            outcome: ToolOutcome::Success,
            content: content.to_owned(),
            of,
            asked_by: RunId::trusted("r_1"),
            next_run_id: RunId::trusted("r_2"),
            decision: None,
        }
    }

    #[test]
    fn a_result_is_complete_with_its_last_part() {
        let call_id = CallId::trusted("tc_1");
        assert_eq!(join(&call_id, &[]), None);
        assert_eq!(join(&call_id, &[part("a", 2)]), None);
        let joined = join(&call_id, &[part("a", 2), part("b", 2)]).expect("a result");
        assert_eq!(
            (joined.message_id.as_str(), joined.content.as_str()),
            ("m_a", "ab")
        );
    }

    #[test]
    fn parts_of_a_result_that_is_cut_otherwise_do_not_belong_to_it() {
        let call_id = CallId::trusted("tc_1");
        let joined = join(&call_id, &[part("whole", 1), part("b", 2)]).expect("a result");
        assert_eq!(joined.content, "whole");
        assert_eq!(
            join(&call_id, &[part("a", 2), part("b", 3), part("c", 3)]),
            None
        );
    }

    #[test]
    fn a_request_is_repeated_by_the_same_content_alone() {
        let stored = part("a", 1);
        let other_ids = ResultPart {
            message_id: MessageId::trusted("m_other"),
            next_run_id: RunId::trusted("r_other"),
            ..part("a", 1)
        };
        assert!(stored.is_repeated_by(&other_ids));
        let failed = ResultPart {
            outcome: ToolOutcome::Error,
            ..part("a", 1)
        };
        for other in [part("b", 1), part("a", 2), failed] {
            assert!(!stored.is_repeated_by(&other), "{other:?}");
        }
    }

    #[test]
    fn a_request_is_repeated_by_the_same_decision_alone() {
        let decided = |approved: bool, at: u64| ResultPart {
            decision: Some(Decision {
                approved,
                reason: None,
                edited_args: None,
                by: None,
                at,
            }),
            ..part("", 1)
        };
        assert!(decided(true, 1).is_repeated_by(&decided(true, 2)));
        assert!(!decided(true, 1).is_repeated_by(&decided(false, 1)));
        assert!(!decided(true, 1).is_repeated_by(&part("", 1)));
    }
}
