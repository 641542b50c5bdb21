//! Llama (Bedrock user guide, "Supported models and model features", and reports of users).

use crate::bedrock::family::table::UNKNOWN;
use crate::bedrock::family::{
    Answer, Beside, DefaultReasoning, Family, ForcedChoice, Reasoning, Switch, Tools,
};

pub(super) const LLAMA: Family = Family {
    name: "Llama 3.1, 3.3",
    ids: &["meta.llama"],
    tools: Tools::Unstreamed,
    beside: Beside::Neither,
    reasoning: Reasoning {
        default: DefaultReasoning::Never,
        types: &[],
        switch: Switch::Nothing,
        settings: true,
        replayed: false,
    },
    forced_choice: ForcedChoice::No,
    images: Answer::No,
    unconfirmed: "result status; context window; most output tokens (4,000 to 16,000)",
    ..UNKNOWN
};

pub(super) const LLAMA_4: Family = Family {
    name: "Llama 4",
    ids: &["meta.llama4"],
    images: Answer::Yes,
    ..LLAMA
};
