//! Llama (Bedrock user guide, "Supported models and model features", and reports of users).

use crate::bedrock::family::table::UNKNOWN;
use crate::bedrock::family::{
    AskFor, DefaultReasoning, Family, ForcedChoice, Reasoning, Support, TextBesideTools, Tools,
};

pub(super) const LLAMA: Family = Family {
    name: "Llama 3.1, 3.3",
    ids: &["meta.llama"],
    tools: Tools::Unstreamed,
    beside: TextBesideTools::Neither,
    reasoning: Reasoning {
        default: DefaultReasoning::Never,
        types: &[],
        ask_for: AskFor::Nothing,
        settings: true,
        sent_back: false,
    },
    forced_choice: ForcedChoice::No,
    images: Support::No,
    unconfirmed: "result status; context window; most output tokens (4,000 to 16,000)",
    ..UNKNOWN
};

pub(super) const LLAMA_4: Family = Family {
    name: "Llama 4",
    ids: &["meta.llama4"],
    images: Support::Yes,
    ..LLAMA
};
