//! DeepSeek, OpenAI, xAI, Qwen, Kimi, GLM and MiniMax (Bedrock user guide, model cards, and reports of users).

use crate::bedrock::family::table::UNKNOWN;
use crate::bedrock::family::{
    AskFor, DefaultReasoning, Family, ForcedChoice, Reasoning, Support, Tools,
};

const OPEN: Family = Family {
    unconfirmed: "result status; text after tool results; reasoning; context window; most output tokens",
    ..UNKNOWN
};

const EFFORT: Reasoning = Reasoning {
    default: DefaultReasoning::Unknown,
    types: &[],
    ask_for: AskFor::ReasoningEffort,
    settings: true,
    sent_back: false,
};

pub(super) const DEEPSEEK_R1: Family = Family {
    name: "DeepSeek R1",
    ids: &["deepseek.r1"],
    tools: Tools::Refused,
    reasoning: Reasoning {
        default: DefaultReasoning::Always,
        ask_for: AskFor::Nothing,
        ..EFFORT
    },
    forced_choice: ForcedChoice::No,
    unconfirmed: "context window; most output tokens",
    ..OPEN
};

pub(super) const DEEPSEEK_V3: Family = Family {
    name: "DeepSeek V3.1, V3.2",
    ids: &["deepseek.v3"],
    reasoning: EFFORT,
    images: Support::No,
    documents: Support::No,
    max_output: Some(82_000),
    unconfirmed: "result status; text after tool results; default of reasoning; forced tool choice with effort; \
                  context window",
    ..OPEN
};

pub(super) const GPT_OSS: Family = Family {
    name: "gpt-oss",
    ids: &["openai.gpt-oss"],
    reasoning: Reasoning {
        default: DefaultReasoning::On,
        ..EFFORT
    },
    forced_choice: ForcedChoice::Yes,
    input_holds_cache: true,
    structured_output: Support::Yes,
    images: Support::No,
    context: Some(128_000),
    max_output: Some(16_000),
    unconfirmed: "result status; text after tool results",
    ..OPEN
};

/// Effort is a setting of these models, but its values are not confirmed, so nothing is sent.
pub(super) const GPT: Family = Family {
    name: "GPT-5.6, GPT-6, Grok 4.6, 4.7",
    ids: &["openai.gpt-5", "openai.gpt-6", "xai.grok-4"],
    input_holds_cache: true,
    unconfirmed: "everything but the counting of tokens; ids of Grok",
    ..OPEN
};

pub(super) const QWEN: Family = Family {
    name: "Qwen3",
    ids: &["qwen.qwen3"],
    images: Support::No,
    ..OPEN
};

pub(super) const QWEN_VL: Family = Family {
    name: "Qwen3 VL",
    ids: &["qwen.qwen3-vl"],
    images: Support::Yes,
    ..OPEN
};

pub(super) const KIMI: Family = Family {
    name: "Kimi K2",
    ids: &["moonshot.kimi", "moonshotai.kimi"],
    reasoning: EFFORT,
    images: Support::No,
    ..OPEN
};

pub(super) const KIMI_IMAGES: Family = Family {
    name: "Kimi K2.5, K3",
    ids: &["moonshotai.kimi-k2.5", "moonshotai.kimi-k3"],
    images: Support::Yes,
    ..KIMI
};

pub(super) const GLM: Family = Family {
    name: "GLM 4.7, 5",
    ids: &["zai.glm"],
    images: Support::No,
    ..OPEN
};

pub(super) const MINIMAX: Family = Family {
    name: "MiniMax M2",
    ids: &["minimax.minimax"],
    images: Support::No,
    ..OPEN
};
