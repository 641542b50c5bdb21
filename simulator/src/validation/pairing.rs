//! Rules for the pairing of tool calls and results in adjacent messages.

use super::result::{ValidationResult, reject};
use crate::conversation::{
    content::ContentBlock,
    request::{Message, Request, Role},
};

pub(crate) fn validate(request: &Request) -> ValidationResult {
    let turns: Vec<(usize, &Message)> = request
        .messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.role != Role::System)
        .collect();
    let mut previous: Option<&Message> = None;
    for (index, message) in turns {
        if message.role == Role::User {
            validate_pairs(index, previous, message)?;
        } else {
            validate_distinct_ids(index, message)?;
        }
        previous = Some(message);
    }
    Ok(())
}

/// Requires that the leading blocks of a user message are exactly the results of the previous message's calls.
fn validate_pairs(index: usize, previous: Option<&Message>, message: &Message) -> ValidationResult {
    let called: Vec<&str> = previous
        .into_iter()
        .flat_map(Message::calls)
        .map(|call| call.tool_use_id.as_str())
        .collect();
    let returned: Vec<&str> = message
        .results()
        .map(|result| result.tool_use_id.as_str())
        .collect();
    if returned.len() > called.len() {
        return reject(format!(
            "The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of previous turn."
        ));
    }
    let missing: Vec<&str> = called
        .iter()
        .copied()
        .filter(|id| !returned.contains(id))
        .collect();
    if !missing.is_empty() {
        return reject(format!(
            "Expected toolResult blocks at messages.{index}.content for the following Ids: {}",
            missing.join(", ")
        ));
    }
    let leading_results = message
        .content
        .iter()
        .take_while(|block| matches!(block, ContentBlock::ToolResult(_)))
        .count();
    if leading_results < returned.len() {
        return reject(format!(
            "messages.{index}: Did not find {} tool_result block(s) at the beginning of this message. Messages following \
             tool_use blocks must begin with a matching number of tool_result blocks.",
            returned.len()
        ));
    }
    Ok(())
}

fn validate_distinct_ids(index: usize, message: &Message) -> ValidationResult {
    let mut ids: Vec<&str> = message
        .calls()
        .map(|call| call.tool_use_id.as_str())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < count {
        return reject(format!(
            "messages.{index}.content: `tool_use` ids must be unique"
        ));
    }
    Ok(())
}
