//! Rows of Anthropic's models ("model-cards", "claude-messages-adaptive-thinking", "prompt-caching").

use super::family::{
    CachePoints, CallIds, Display, EndTurnWithCalls, Family, ForcedToolChoice, Images, Reasoning,
    Sampling, ToolUse,
};

/// Members of `additionalModelRequestFields` that set the reasoning of every row.
const FIELDS: &[&str] = &["anthropic_beta", "output_config", "thinking"];

/// Opus 4.7: thinking is off and adaptive only.
const OPUS_4_7: Family = Family {
    name: "Claude Opus 4.7, 4.8",
    ids: &["anthropic.claude-opus-4-7", "anthropic.claude-opus-4-8"],
    retired: false,
    tools: ToolUse::Streaming,
    forced_tool_choice: ForcedToolChoice::Accepted,
    call_ids: CallIds::ToolUse,
    system_prompt: true,
    cache_points: CachePoints::ALL,
    result_status: true,
    text_beside_tool_use: true,
    text_beside_tool_result: true,
    sampling: Sampling::Defaults,
    reasoning: Reasoning::Off,
    thinking_types: &["adaptive", "disabled"],
    reasoning_fields: FIELDS,
    display: Display::Omitted,
    reasoning_in_history: true,
    prefix_check: false,
    structured_output: false,
    images: Images::Accepted,
    documents: true,
    max_output_tokens: None,
    context_tokens: None,
    end_turn_with_calls: EndTurnWithCalls::Never,
    thinking_in_text: false,
};

/// Claude 4.5: a thinking budget, one sampling parameter.
const OPUS_4_5: Family = Family {
    name: "Claude Opus 4.1, 4.5",
    ids: &["anthropic.claude-opus-4-1", "anthropic.claude-opus-4-5"],
    forced_tool_choice: ForcedToolChoice::WithoutThinking,
    sampling: Sampling::One,
    thinking_types: &["enabled", "disabled"],
    display: Display::Summarized,
    structured_output: true,
    context_tokens: Some(200_000),
    ..OPUS_4_7
};

/// Claude 4.6: adaptive thinking or a budget.
const OPUS_4_6: Family = Family {
    name: "Claude Opus 4.6",
    ids: &["anthropic.claude-opus-4-6"],
    forced_tool_choice: ForcedToolChoice::WithoutBudget,
    sampling: Sampling::Both,
    thinking_types: &["adaptive", "enabled", "disabled"],
    context_tokens: None,
    ..OPUS_4_5
};

/// Claude 5: reasons without being asked to, and does not show it.
const CLAUDE_5: Family = Family {
    name: "Claude Sonnet 5, Opus 5",
    ids: &["anthropic.claude-sonnet-5", "anthropic.claude-opus-5"],
    reasoning: Reasoning::On,
    max_output_tokens: Some(128_000),
    ..OPUS_4_7
};

/// Claude 5.5: returned reasoning is bound to what stood before it.
const OPUS_5_5: Family = Family {
    name: "Claude Opus 5.5",
    ids: &["anthropic.claude-opus-5-5"],
    forced_tool_choice: ForcedToolChoice::Rejected,
    reasoning: Reasoning::Always,
    thinking_types: &["adaptive"],
    prefix_check: true,
    context_tokens: Some(1_000_000),
    ..CLAUDE_5
};

/// Rows of Anthropic's models.
pub(super) const ROWS: &[Family] = &[
    Family {
        name: "Claude 3 and older, Sonnet 4",
        ids: &[
            "anthropic.claude-3",
            "anthropic.claude-instant",
            "anthropic.claude-sonnet-4-2025",
            "anthropic.claude-v",
        ],
        retired: true,
        ..OPUS_4_5
    },
    OPUS_4_5,
    Family {
        name: "Claude Sonnet 4.5",
        ids: &["anthropic.claude-sonnet-4-5"],
        end_turn_with_calls: EndTurnWithCalls::Sometimes,
        ..OPUS_4_5
    },
    Family {
        name: "Claude Haiku 4.5",
        ids: &["anthropic.claude-haiku-4-5"],
        max_output_tokens: Some(64_000),
        ..OPUS_4_5
    },
    OPUS_4_6,
    Family {
        name: "Claude Sonnet 4.6",
        ids: &["anthropic.claude-sonnet-4-6"],
        end_turn_with_calls: EndTurnWithCalls::Sometimes,
        ..OPUS_4_6
    },
    OPUS_4_7,
    CLAUDE_5,
    Family {
        name: "Claude Haiku 5.5",
        ids: &["anthropic.claude-haiku-5-5"],
        prefix_check: true,
        context_tokens: Some(1_000_000),
        ..CLAUDE_5
    },
    Family {
        name: "Claude Sonnet 5.5",
        ids: &["anthropic.claude-sonnet-5-5"],
        reasoning: Reasoning::On,
        thinking_types: &["adaptive", "between_tools"],
        ..OPUS_5_5
    },
    OPUS_5_5,
    Family {
        name: "Claude Fable 5",
        ids: &["anthropic.claude-fable-5"],
        forced_tool_choice: ForcedToolChoice::Accepted,
        prefix_check: false,
        context_tokens: None,
        ..OPUS_5_5
    },
    Family {
        name: "Claude Fable 5.1, 5.2",
        ids: &["anthropic.claude-fable-5-1", "anthropic.claude-fable-5-2"],
        context_tokens: None,
        ..OPUS_5_5
    },
];
