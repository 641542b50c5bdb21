//! Claude (Bedrock user guide, model cards, "Prompt caching", "Adaptive thinking" and "Extended thinking"; the
//! migration guides of the models).

use crate::bedrock::family::table::UNKNOWN;
use crate::bedrock::family::{
    AskFor, Cache, DefaultReasoning, Family, ForcedChoice, Reasoning, Sampling, Support,
    TextBesideTools,
};

/// Common part of the rows.
const CLAUDE: Family = Family {
    cache: Cache::ALL,
    result_status: true,
    beside: TextBesideTools::CallsAndResults,
    sampling: Sampling::None,
    forced_choice: ForcedChoice::Yes,
    structured_output: Support::No,
    images: Support::Yes,
    documents: Support::Yes,
    unconfirmed: "",
    ..UNKNOWN
};

const OFF: Reasoning = Reasoning {
    default: DefaultReasoning::Off,
    types: &["adaptive", "disabled"],
    ask_for: AskFor::Adaptive,
    settings: true,
    sent_back: true,
};
const ON: Reasoning = Reasoning {
    default: DefaultReasoning::On,
    ask_for: AskFor::AdaptiveSummarized,
    ..OFF
};
const ALWAYS: Reasoning = Reasoning {
    default: DefaultReasoning::Always,
    types: &["adaptive"],
    ..ON
};

pub(super) const FABLE: Family = Family {
    name: "Claude Fable 5, 5.1, 5.2, Mythos",
    ids: &["anthropic.claude-fable-5", "anthropic.claude-mythos"],
    reasoning: ALWAYS,
    forced_choice: ForcedChoice::No,
    max_output: Some(128_000),
    unconfirmed: "context window; forced tool choice of Fable 5; id of Mythos",
    ..CLAUDE
};

pub(super) const OPUS_5_5: Family = Family {
    name: "Claude Opus 5.5",
    ids: &["anthropic.claude-opus-5-5"],
    reasoning: ALWAYS,
    forced_choice: ForcedChoice::No,
    context: Some(1_000_000),
    max_output: Some(128_000),
    ..CLAUDE
};

pub(super) const SONNET_5_5: Family = Family {
    name: "Claude Sonnet 5.5",
    ids: &["anthropic.claude-sonnet-5-5"],
    reasoning: Reasoning {
        types: &["adaptive", "between_tools"],
        ..ON
    },
    ..OPUS_5_5
};

pub(super) const HAIKU_5_5: Family = Family {
    name: "Claude Haiku 5.5",
    ids: &["anthropic.claude-haiku-5-5"],
    reasoning: ON,
    forced_choice: ForcedChoice::Yes,
    unconfirmed: "forced tool choice",
    ..OPUS_5_5
};

pub(super) const SONNET_5: Family = Family {
    name: "Claude Sonnet 5, Opus 5",
    ids: &["anthropic.claude-sonnet-5", "anthropic.claude-opus-5"],
    reasoning: ON,
    max_output: Some(128_000),
    unconfirmed: "context window",
    ..CLAUDE
};

pub(super) const OPUS_4_8: Family = Family {
    name: "Claude Opus 4.7, 4.8",
    ids: &["anthropic.claude-opus-4-7", "anthropic.claude-opus-4-8"],
    reasoning: OFF,
    unconfirmed: "display of reasoning; context window; most output tokens",
    ..CLAUDE
};

pub(super) const CLAUDE_4_6: Family = Family {
    name: "Claude Sonnet 4.6, Opus 4.6",
    ids: &["anthropic.claude-sonnet-4-6", "anthropic.claude-opus-4-6"],
    sampling: Sampling::One,
    reasoning: Reasoning {
        types: &["adaptive", "enabled", "disabled"],
        ..OFF
    },
    forced_choice: ForcedChoice::WithoutBudget,
    structured_output: Support::Yes,
    unconfirmed: "temperature together with top-p; context window; most output tokens",
    ..CLAUDE
};

pub(super) const CLAUDE_4_5: Family = Family {
    name: "Claude Sonnet 4.5, Opus 4.5, Opus 4.1",
    ids: &[
        "anthropic.claude-sonnet-4-5",
        "anthropic.claude-opus-4-5",
        "anthropic.claude-opus-4-1",
    ],
    reasoning: Reasoning {
        types: &["enabled", "disabled"],
        ask_for: AskFor::Budget,
        ..OFF
    },
    forced_choice: ForcedChoice::WithoutThinking,
    context: Some(200_000),
    unconfirmed: "most output tokens",
    ..CLAUDE_4_6
};

pub(super) const HAIKU_4_5: Family = Family {
    name: "Claude Haiku 4.5",
    ids: &["anthropic.claude-haiku-4-5"],
    max_output: Some(64_000),
    unconfirmed: "",
    ..CLAUDE_4_5
};

/// Claude models without a row of their own. A setting that they refuse is left out once they refused it.
pub(super) const OTHER: Family = Family {
    name: "other Claude models",
    ids: &["anthropic.claude-"],
    sampling: Sampling::Both,
    reasoning: Reasoning {
        default: DefaultReasoning::Unknown,
        types: &[],
        ask_for: AskFor::AdaptiveSummarized,
        ..ON
    },
    forced_choice: ForcedChoice::Unknown,
    structured_output: Support::Unknown,
    unconfirmed: "everything",
    ..CLAUDE
};
