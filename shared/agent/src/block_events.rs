//! Events of a reply's blocks.

use longwire_core::approval::ApprovalNeeded;
use longwire_core::ids::{CallId, MessageId};
use longwire_protocol::event::{AssistantRole, Event, ReasoningRole};
use longwire_protocol::numbered::{Annotations, Draft, Executor};

/// Start of a text.
pub(super) fn text_start(id: &MessageId, block: u32) -> Draft {
    let event = Event::TextMessageStart {
        message_id: id.clone(),
        role: AssistantRole::Assistant,
    };
    event.annotated(block_index(block))
}

/// Delta of a text.
pub(super) fn text_content(id: &MessageId, delta: &str) -> Draft {
    let message_id = id.clone();
    let delta = delta.to_owned();
    Event::TextMessageContent { message_id, delta }.into()
}

/// End of a text.
pub(super) fn text_end(id: &MessageId) -> Draft {
    let message_id = id.clone();
    Event::TextMessageEnd { message_id }.into()
}

/// Start of reasoning, and of its only message.
pub(super) fn reasoning_start(id: &MessageId, block: u32) -> [Draft; 2] {
    let start = Event::ReasoningStart {
        message_id: id.clone(),
    };
    let message_start = Event::ReasoningMessageStart {
        message_id: id.clone(),
        role: ReasoningRole::Reasoning,
    };
    [start.annotated(block_index(block)), message_start.into()]
}

/// Delta of the reasoning text.
pub(super) fn reasoning_content(id: &MessageId, delta: String) -> Draft {
    let message_id = id.clone();
    Event::ReasoningMessageContent { message_id, delta }.into()
}

/// End of the message, and of the reasoning.
pub(super) fn reasoning_end(id: &MessageId) -> [Draft; 2] {
    let message_end = Event::ReasoningMessageEnd {
        message_id: id.clone(),
    };
    let end = Event::ReasoningEnd {
        message_id: id.clone(),
    };
    [message_end.into(), end.into()]
}

/// Start of a tool call.
pub(super) fn call_start(
    id: &CallId,
    name: &str,
    executor: Executor,
    approval: Option<ApprovalNeeded>,
    parent: &MessageId,
    block: u32,
) -> Draft {
    let event = Event::ToolCallStart {
        tool_call_id: id.clone(),
        tool_call_name: name.to_owned(),
        parent_message_id: parent.clone(),
    };
    event.annotated(Annotations {
        executor: Some(executor),
        approval,
        ..block_index(block)
    })
}

/// Delta of a tool call's arguments.
pub(super) fn call_args(id: &CallId, delta: &str) -> Draft {
    let event = Event::ToolCallArgs {
        tool_call_id: id.clone(),
        delta: delta.to_owned(),
    };
    event.into()
}

/// End of a tool call.
pub(super) fn call_end(id: &CallId) -> Draft {
    let tool_call_id = id.clone();
    Event::ToolCallEnd { tool_call_id }.into()
}

fn block_index(block: u32) -> Annotations {
    Annotations {
        block: Some(block),
        ..Annotations::default()
    }
}
