//! Mistral (Bedrock user guide, "Supported models and model features", and reports of users).

use crate::bedrock::family::table::UNKNOWN;
use crate::bedrock::family::{CallIds, Family, Support, TextBesideTools, Tools};

pub(super) const OLD: Family = Family {
    name: "Mistral Large and Small 24xx, Pixtral",
    ids: &[
        "mistral.mistral-large-24",
        "mistral.mistral-small-24",
        "mistral.pixtral",
    ],
    tools: Tools::Unstreamed,
    beside: TextBesideTools::Neither,
    unconfirmed: "result status; text beside tool blocks; reasoning; context window; most output tokens",
    ..UNKNOWN
};

pub(super) const OLD_WITHOUT_SYSTEM: Family = Family {
    name: "Mistral 7B, Mixtral",
    ids: &["mistral.mistral-7b", "mistral.mixtral"],
    system_prompt: false,
    ..OLD
};

pub(super) const NEW: Family = Family {
    name: "Ministral 3, Mistral Large 3, Magistral",
    ids: &[
        "mistral.ministral-3",
        "mistral.mistral-large-3",
        "mistral.magistral",
    ],
    tools: Tools::Streamed,
    beside: TextBesideTools::Calls,
    call_ids: CallIds::NineCharacters,
    images: Support::Yes,
    ..OLD
};

pub(super) const DEVSTRAL: Family = Family {
    name: "Devstral 2",
    ids: &["mistral.devstral"],
    images: Support::No,
    ..NEW
};
