//! Rows of the other providers' models ("model-cards", "conversation-inference-supported-models-features").

use super::family::{
    CachePoints, CallIds, Display, EndTurnWithCalls, Family, ForcedToolChoice, Images, Reasoning,
    Sampling, ToolUse,
};

/// A family with streaming tools and the stricter value of everything that is not published.
pub(super) const STREAMING: Family = Family {
    name: "Qwen3, GLM, MiniMax",
    ids: &["qwen.", "zai.", "minimax."],
    retired: false,
    tools: ToolUse::Streaming,
    forced_tool_choice: ForcedToolChoice::Rejected,
    call_ids: CallIds::ToolUse,
    system_prompt: true,
    cache_points: CachePoints::NONE,
    result_status: false,
    text_beside_tool_use: true,
    text_beside_tool_result: false,
    sampling: Sampling::Both,
    reasoning: Reasoning::Unsupported,
    thinking_types: &[],
    reasoning_fields: &[],
    display: Display::Plain,
    reasoning_in_history: false,
    prefix_check: false,
    structured_output: false,
    images: Images::Rejected,
    documents: false,
    max_output_tokens: None,
    context_tokens: None,
    end_turn_with_calls: EndTurnWithCalls::Never,
    thinking_in_text: false,
};

/// Llama 3: tools without streaming only, and never beside text.
const LLAMA_3: Family = Family {
    name: "Llama 3.1, 3.3",
    ids: &["meta.llama3-1", "meta.llama3-3"],
    tools: ToolUse::WithoutStreaming,
    text_beside_tool_use: false,
    max_output_tokens: Some(16_000),
    ..STREAMING
};

/// Older Mistral models.
const MISTRAL: Family = Family {
    name: "Mistral Large 24xx, Pixtral",
    ids: &["mistral.mistral-large-24", "mistral.pixtral"],
    forced_tool_choice: ForcedToolChoice::AnyOnly,
    images: Images::Rejected,
    max_output_tokens: None,
    ..LLAMA_3
};

/// Newer Mistral models.
const MISTRAL_3: Family = Family {
    name: "Ministral 3, Mistral Large 3, Magistral",
    ids: &[
        "mistral.ministral",
        "mistral.mistral-large-3",
        "mistral.magistral",
    ],
    call_ids: CallIds::NineAlphanumerics,
    images: Images::Accepted,
    ..STREAMING
};

/// Rows of the other providers' models.
pub(super) const ROWS: &[Family] = &[
    STREAMING,
    Family {
        name: "Qwen3 VL",
        ids: &["qwen.qwen3-vl"],
        images: Images::Accepted,
        ..STREAMING
    },
    LLAMA_3,
    Family {
        name: "Llama 4",
        ids: &["meta.llama4"],
        images: Images::Accepted,
        ..LLAMA_3
    },
    Family {
        name: "Llama 2, 3, 3.2",
        ids: &[
            "meta.llama2",
            "meta.llama3-8b",
            "meta.llama3-70b",
            "meta.llama3-2",
        ],
        retired: true,
        ..LLAMA_3
    },
    MISTRAL,
    Family {
        name: "Mistral 7B, Mixtral",
        ids: &["mistral.mistral-7b", "mistral.mixtral"],
        forced_tool_choice: ForcedToolChoice::Rejected,
        system_prompt: false,
        ..MISTRAL
    },
    MISTRAL_3,
    Family {
        name: "Devstral 2",
        ids: &["mistral.devstral"],
        images: Images::Rejected,
        ..MISTRAL_3
    },
    Family {
        name: "DeepSeek R1",
        ids: &["deepseek.r1"],
        tools: ToolUse::Unsupported,
        reasoning: Reasoning::Always,
        ..STREAMING
    },
    Family {
        name: "DeepSeek V3",
        ids: &["deepseek.v3"],
        forced_tool_choice: ForcedToolChoice::Accepted,
        reasoning: Reasoning::Off,
        reasoning_fields: &["reasoning_effort"],
        max_output_tokens: Some(82_000),
        ..STREAMING
    },
    Family {
        name: "gpt-oss",
        ids: &["openai.gpt-oss"],
        forced_tool_choice: ForcedToolChoice::Accepted,
        reasoning: Reasoning::On,
        reasoning_fields: &["reasoning_effort"],
        structured_output: true,
        max_output_tokens: Some(16_000),
        context_tokens: Some(128_000),
        end_turn_with_calls: EndTurnWithCalls::Always,
        ..STREAMING
    },
    Family {
        name: "GPT-5, GPT-6, Grok",
        ids: &["openai.gpt-5", "openai.gpt-6", "xai.grok"],
        reasoning: Reasoning::Off,
        reasoning_fields: &["reasoning_effort"],
        images: Images::BesideResults,
        ..STREAMING
    },
    Family {
        name: "Kimi K2 Thinking",
        ids: &["moonshot.kimi", "moonshotai.kimi"],
        call_ids: CallIds::NameAndIndex,
        reasoning: Reasoning::Off,
        reasoning_fields: &["reasoning_effort"],
        ..STREAMING
    },
    Family {
        name: "Kimi K2.5, K3",
        ids: &["moonshotai.kimi-k2.5", "moonshotai.kimi-k3"],
        call_ids: CallIds::NameAndIndex,
        reasoning: Reasoning::Off,
        reasoning_fields: &["reasoning_effort"],
        images: Images::Accepted,
        ..STREAMING
    },
    Family {
        name: "Command R",
        ids: &["cohere.command-r"],
        retired: true,
        ..STREAMING
    },
    Family {
        name: "Jamba 1.5",
        ids: &["ai21.jamba-1-5"],
        retired: true,
        tools: ToolUse::WithoutStreaming,
        ..STREAMING
    },
];
