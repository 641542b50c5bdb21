//! Nova (Bedrock user guide, model cards and "Prompt caching"; Nova user guide).

use crate::bedrock::family::table::UNKNOWN;
use crate::bedrock::family::{
    AskFor, Cache, CacheTurns, DefaultReasoning, Family, ForcedChoice, Reasoning, Support,
};

const NO_REASONING: Reasoning = Reasoning {
    default: DefaultReasoning::Never,
    types: &[],
    ask_for: AskFor::Nothing,
    settings: true,
    sent_back: false,
};

pub(super) const NOVA: Family = Family {
    name: "Nova Lite, Nova Pro",
    ids: &["amazon.nova-lite", "amazon.nova-pro"],
    cache: Cache {
        tools: false,
        system: true,
        turns: CacheTurns::WithoutTools,
    },
    result_status: true,
    reasoning: NO_REASONING,
    forced_choice: ForcedChoice::Yes,
    structured_output: Support::No,
    images: Support::Yes,
    documents: Support::Yes,
    max_output: Some(10_000),
    unconfirmed: "text after tool results; context window",
    ..UNKNOWN
};

pub(super) const NOVA_MICRO: Family = Family {
    name: "Nova Micro",
    ids: &["amazon.nova-micro"],
    images: Support::No,
    documents: Support::No,
    ..NOVA
};

/// The text of its reasoning is always `[REDACTED]`.
pub(super) const NOVA_2_LITE: Family = Family {
    name: "Nova 2 Lite",
    ids: &["amazon.nova-2-lite"],
    reasoning: Reasoning {
        default: DefaultReasoning::Off,
        ask_for: AskFor::ReasoningConfig,
        ..NO_REASONING
    },
    images: Support::Unknown,
    documents: Support::Unknown,
    context: Some(1_000_000),
    max_output: Some(64_000),
    unconfirmed: "text after tool results",
    ..NOVA
};
