//! Rows of Amazon's models ("model-cards", "prompt-caching").

use super::family::{
    CachePoints, CallIds, Display, EndTurnWithCalls, Family, ForcedToolChoice, Images, Reasoning,
    Sampling, ToolUse,
};

/// Nova Lite and Pro.
const NOVA: Family = Family {
    name: "Nova Lite, Pro",
    ids: &["amazon.nova-lite", "amazon.nova-pro"],
    retired: false,
    tools: ToolUse::Streaming,
    forced_tool_choice: ForcedToolChoice::Accepted,
    call_ids: CallIds::ToolUse,
    system_prompt: true,
    cache_points: CachePoints {
        tools: false,
        beside_tool_blocks: false,
        one_hour: false,
        ..CachePoints::ALL
    },
    result_status: true,
    text_beside_tool_use: true,
    text_beside_tool_result: false,
    sampling: Sampling::Both,
    reasoning: Reasoning::Unsupported,
    thinking_types: &[],
    reasoning_fields: &[],
    display: Display::Plain,
    reasoning_in_history: false,
    prefix_check: false,
    structured_output: false,
    images: Images::Accepted,
    documents: true,
    max_output_tokens: Some(10_000),
    context_tokens: None,
    end_turn_with_calls: EndTurnWithCalls::Never,
    thinking_in_text: true,
};

/// Rows of Amazon's models.
pub(super) const ROWS: &[Family] = &[
    NOVA,
    Family {
        name: "Nova Micro",
        ids: &["amazon.nova-micro"],
        images: Images::Rejected,
        documents: false,
        ..NOVA
    },
    Family {
        name: "Nova Premier",
        ids: &["amazon.nova-premier"],
        retired: true,
        ..NOVA
    },
    Family {
        name: "Nova 2 Lite",
        ids: &["amazon.nova-2-lite"],
        reasoning: Reasoning::Off,
        reasoning_fields: &["reasoningConfig"],
        display: Display::Redacted,
        max_output_tokens: Some(64_000),
        context_tokens: Some(1_000_000),
        thinking_in_text: false,
        ..NOVA
    },
];
