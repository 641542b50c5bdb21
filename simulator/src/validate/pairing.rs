//! Calls and results belong together, in neighbouring messages.

use super::verdict::{Verdict, refuse};
use crate::converse::request::{Block, Message, Request, Role};

pub(crate) fn check(request: &Request) -> Verdict {
    let turns: Vec<(usize, &Message)> = request
        .messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.role != Role::System)
        .collect();
    let mut before: Option<&Message> = None;
    for (at, message) in turns {
        if message.role == Role::User {
            pair(at, before, message)?;
        } else {
            distinct(at, message)?;
        }
        before = Some(message);
    }
    Ok(())
}

fn pair(at: usize, before: Option<&Message>, message: &Message) -> Verdict {
    let called: Vec<&str> = before
        .into_iter()
        .flat_map(Message::calls)
        .map(|call| call.tool_use_id.as_str())
        .collect();
    let answered: Vec<&str> = message
        .results()
        .map(|result| result.tool_use_id.as_str())
        .collect();
    if answered.len() > called.len() {
        return refuse(format!(
            "The number of toolResult blocks at messages.{at}.content exceeds the number of toolUse blocks of previous turn."
        ));
    }
    let missing: Vec<&str> = called
        .iter()
        .copied()
        .filter(|id| !answered.contains(id))
        .collect();
    if !missing.is_empty() {
        return refuse(format!(
            "Expected toolResult blocks at messages.{at}.content for the following Ids: {}",
            missing.join(", ")
        ));
    }
    let first = message
        .content
        .iter()
        .take_while(|block| matches!(block, Block::ToolResult(_)))
        .count();
    if first < answered.len() {
        return refuse(format!(
            "messages.{at}: Did not find {} tool_result block(s) at the beginning of this message. Messages following \
             tool_use blocks must begin with a matching number of tool_result blocks.",
            answered.len()
        ));
    }
    Ok(())
}

fn distinct(at: usize, message: &Message) -> Verdict {
    let mut ids: Vec<&str> = message
        .calls()
        .map(|call| call.tool_use_id.as_str())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < count {
        return refuse(format!(
            "messages.{at}.content: `tool_use` ids must be unique"
        ));
    }
    Ok(())
}
