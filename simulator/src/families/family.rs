//! One row of the table.

/// Rules and behavior of the models of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// Name of the family.
    pub name: &'static str,
    /// Beginnings of the model ids, without a profile's prefix. The longest match of all rows applies.
    pub ids: &'static [&'static str],
    /// Set after the end of life: every request is answered with `ResourceNotFoundException`.
    pub retired: bool,
    /// Operations that accept tools.
    pub tools: ToolUse,
    /// Accepts `toolChoice` `any` and `tool`.
    pub forced_tool_choice: ForcedToolChoice,
    /// Format of the identifiers of its tool calls.
    pub call_ids: CallIds,
    /// Accepts a system prompt.
    pub system_prompt: bool,
    /// Places that accept a cache point.
    pub cache_points: CachePoints,
    /// Accepts `toolResult.status`.
    pub result_status: bool,
    /// Accepts text in an assistant message with `toolUse`.
    pub text_beside_tool_use: bool,
    /// Accepts text in a user message with `toolResult`.
    pub text_beside_tool_result: bool,
    /// Accepted values of `temperature` and `topP`.
    pub sampling: Sampling,
    /// Reasoning without any setting.
    pub reasoning: Reasoning,
    /// Accepted values of `thinking.type`.
    pub thinking_types: &'static [&'static str],
    /// Accepted members of `additionalModelRequestFields` that set reasoning.
    pub reasoning_fields: &'static [&'static str],
    /// Content of a reasoning block without a display setting.
    pub display: Display,
    /// Accepts signed reasoning in assistant messages.
    pub reasoning_in_history: bool,
    /// Verifies that nothing before a returned reasoning block changed.
    pub prefix_check: bool,
    /// Accepts `outputConfig.textFormat` and `toolSpec.strict`.
    pub structured_output: bool,
    /// Places that accept images.
    pub images: Images,
    /// Accepts documents.
    pub documents: bool,
    /// Maximum of `maxTokens`, where it is published.
    pub max_output_tokens: Option<u32>,
    /// Size of the context window in tokens, where it is published.
    pub context_tokens: Option<u32>,
    /// Stops with `end_turn` although the message has tool calls.
    pub end_turn_with_calls: EndTurnWithCalls,
    /// Writes `<thinking>` into its text before a tool call.
    pub thinking_in_text: bool,
}

/// Operations that accept tools.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ToolUse {
    /// `Converse` and `ConverseStream`.
    Streaming,
    /// `Converse` only.
    WithoutStreaming,
    /// None.
    Unsupported,
}

/// Condition for a forced tool choice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ForcedToolChoice {
    /// Always.
    Accepted,
    /// Not with any thinking.
    WithoutThinking,
    /// Not with the thinking type `enabled`.
    WithoutBudget,
    /// `any` only.
    AnyOnly,
    /// Never.
    Rejected,
}

/// Format of the identifiers of tool calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallIds {
    /// `tooluse_` and 22 alphanumeric characters; accepts other formats.
    ToolUse,
    /// Nine alphanumeric characters; rejects other formats.
    NineAlphanumerics,
    /// The tool's name and the position in the message, `get_weather:0`; accepts other formats.
    NameAndIndex,
}

/// Places that accept a cache point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CachePoints {
    /// In the list of tools.
    pub tools: bool,
    /// In the system prompt.
    pub system: bool,
    /// In a message.
    pub messages: bool,
    /// In a message with `toolUse` or `toolResult`.
    pub beside_tool_blocks: bool,
    /// With the `ttl` of one hour.
    pub one_hour: bool,
}

impl CachePoints {
    /// No place.
    pub const NONE: Self = Self {
        tools: false,
        system: false,
        messages: false,
        beside_tool_blocks: false,
        one_hour: false,
    };
    /// Every place.
    pub const ALL: Self = Self {
        tools: true,
        system: true,
        messages: true,
        beside_tool_blocks: true,
        one_hour: true,
    };
}

/// Accepted sampling parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sampling {
    /// `temperature` and `topP`.
    Both,
    /// `temperature` or `topP`.
    One,
    /// The default values only: `temperature` 1, `topP` 0.99 or 1.
    Defaults,
}

/// Reasoning without any setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reasoning {
    /// The family has none.
    Unsupported,
    /// Off, can be switched on.
    Off,
    /// On, can be switched off or lowered.
    On,
    /// On, cannot be switched off.
    Always,
}

/// Content of a reasoning block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Display {
    /// Empty text and a signature.
    Omitted,
    /// Text and a signature.
    Summarized,
    /// Text without a signature.
    Plain,
    /// The text `[REDACTED]` without a signature.
    Redacted,
}

/// Places that accept images.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Images {
    /// Messages and tool results.
    Accepted,
    /// Messages only.
    BesideResults,
    /// None.
    Rejected,
}

/// Frequency of the stop reason `end_turn` in messages with tool calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndTurnWithCalls {
    /// Never.
    Never,
    /// After a prompt with an odd number of bytes, so that both cases can be tried.
    Sometimes,
    /// Always.
    Always,
}
