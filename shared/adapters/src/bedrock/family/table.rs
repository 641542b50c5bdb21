//! The rows, in the order in which ids are compared with them.

use crate::bedrock::family::{
    AskFor, Cache, CallIds, DefaultReasoning, Family, ForcedChoice, Reasoning, Sampling, Support,
    TextBesideTools, Tools, amazon, claude, meta, mistral, open_weights, retired,
};

/// Row of an id without a row of its own: the plainest request. What a model refuses of it is left out from then on.
pub(super) const UNKNOWN: Family = Family {
    name: "any other",
    ids: &[],
    tools: Tools::Streamed,
    cache: Cache::NONE,
    result_status: false,
    beside: TextBesideTools::Calls,
    call_ids: CallIds::Any,
    system_prompt: true,
    sampling: Sampling::Both,
    reasoning: UNKNOWN_REASONING,
    forced_choice: ForcedChoice::Unknown,
    input_holds_cache: false,
    structured_output: Support::Unknown,
    images: Support::Unknown,
    documents: Support::Unknown,
    context: None,
    max_output: None,
    retired: None,
    unconfirmed: "everything",
};

const UNKNOWN_REASONING: Reasoning = Reasoning {
    default: DefaultReasoning::Unknown,
    types: &[],
    ask_for: AskFor::Nothing,
    settings: true,
    sent_back: false,
};

/// Rows in the order of comparison: the first one with a beginning of the id counts.
pub(super) const ROWS: [&Family; 35] = [
    &claude::FABLE,
    &claude::OPUS_5_5,
    &claude::SONNET_5_5,
    &claude::HAIKU_5_5,
    &claude::SONNET_5,
    &claude::OPUS_4_8,
    &claude::CLAUDE_4_6,
    &claude::HAIKU_4_5,
    &claude::CLAUDE_4_5,
    &retired::SONNET_4,
    &retired::CLAUDE_3,
    &claude::OTHER,
    &amazon::NOVA_2_LITE,
    &amazon::NOVA_MICRO,
    &amazon::NOVA,
    &retired::NOVA_PREMIER,
    &meta::LLAMA_4,
    &retired::LLAMA_3_2,
    &meta::LLAMA,
    &mistral::OLD_WITHOUT_SYSTEM,
    &mistral::OLD,
    &mistral::DEVSTRAL,
    &mistral::NEW,
    &open_weights::DEEPSEEK_R1,
    &open_weights::DEEPSEEK_V3,
    &open_weights::GPT_OSS,
    &open_weights::GPT,
    &open_weights::QWEN_VL,
    &open_weights::QWEN,
    &open_weights::KIMI_IMAGES,
    &open_weights::KIMI,
    &open_weights::GLM,
    &open_weights::MINIMAX,
    &retired::COMMAND_R,
    &retired::JAMBA,
];
