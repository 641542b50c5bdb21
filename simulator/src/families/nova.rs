//! Rows of Amazon's models ("model-cards", "prompt-caching").

use super::family::{CachePoints, Display, Family, ForcedToolChoice, Images, Reasoning};
use super::others::STREAMING;

/// Nova Lite and Pro.
const NOVA: Family = Family {
    name: "Nova Lite, Pro",
    ids: &["amazon.nova-lite", "amazon.nova-pro"],
    forced_tool_choice: ForcedToolChoice::Accepted,
    cache_points: CachePoints {
        tools: false,
        beside_tool_blocks: false,
        one_hour: false,
        ..CachePoints::ALL
    },
    result_status: true,
    images: Images::Accepted,
    documents: true,
    max_output_tokens: Some(10_000),
    thinking_in_text: true,
    ..STREAMING
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
