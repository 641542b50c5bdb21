//! Models that Bedrock no longer offers (Bedrock user guide, "Model lifecycle"). Their requests are the plainest.

use crate::bedrock::family::Family;
use crate::bedrock::family::table::UNKNOWN;

const RETIRED: Family = Family {
    unconfirmed: "",
    ..UNKNOWN
};

pub(super) const CLAUDE_3: Family = Family {
    name: "Claude 3, 3.5, 3.7, 2 and Instant",
    ids: &[
        "anthropic.claude-3",
        "anthropic.claude-v",
        "anthropic.claude-instant",
    ],
    retired: Some("by 2026-09-10"),
    ..RETIRED
};

pub(super) const SONNET_4: Family = Family {
    name: "Claude Sonnet 4",
    ids: &["anthropic.claude-sonnet-4-2025"],
    retired: Some("on 2026-10-14"),
    ..RETIRED
};

pub(super) const NOVA_PREMIER: Family = Family {
    name: "Nova Premier",
    ids: &["amazon.nova-premier"],
    retired: Some("before 2026-11"),
    ..RETIRED
};

pub(super) const LLAMA_3_2: Family = Family {
    name: "Llama 3.2",
    ids: &["meta.llama3-2"],
    retired: Some("before 2026-11"),
    ..RETIRED
};

pub(super) const COMMAND_R: Family = Family {
    name: "Command R, R+",
    ids: &["cohere.command-r"],
    retired: Some("on 2026-08-19"),
    ..RETIRED
};

pub(super) const JAMBA: Family = Family {
    name: "Jamba 1.5",
    ids: &["ai21.jamba-1-5"],
    retired: Some("on 2026-11-26"),
    ..RETIRED
};
