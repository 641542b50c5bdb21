//! Families of models: what a request to each may contain, and how large it may be.
//!
//! `docs/models.md` shows the table. Where a fact is not confirmed, the row takes the side that a model cannot refuse,
//! and names the fact in [`Family::unconfirmed`].

mod amazon;
mod claude;
#[cfg(test)]
mod compared;
mod lookup;
#[cfg(test)]
mod matrix;
mod meta;
mod mistral;
mod open_weights;
mod retired;
mod table;
mod usage;

/// Context window that is assumed when the row does not know it, in tokens.
const CONTEXT_TOKENS: u64 = 128_000;

/// Row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    /// Name in documents and messages.
    pub name: &'static str,
    /// Beginnings of the ids of its models, without the geography of an inference profile.
    pub ids: &'static [&'static str],
    /// Way in which the model takes tools.
    pub tools: Tools,
    /// Places in which the model takes cache points.
    pub cache: Cache,
    /// Tool results may have a status.
    pub result_status: bool,
    /// Text that may stand in a message with tool calls or tool results.
    pub beside: TextBesideTools,
    /// Ids of tool calls that the model takes.
    pub call_ids: CallIds,
    /// The model takes a system prompt. Without it the prompt begins the first user turn.
    pub system_prompt: bool,
    /// Sampling parameters that the model takes.
    pub sampling: Sampling,
    /// Reasoning of the model.
    pub reasoning: Reasoning,
    /// `tool_choice` of type `any` or `tool` in the further fields.
    pub forced_choice: ForcedChoice,
    /// `inputTokens` already contain the tokens of the prompt cache.
    pub input_holds_cache: bool,
    /// Structured output (`outputConfig.textFormat`). The product does not use it.
    pub structured_output: Support,
    /// Images in a request. The product does not send any.
    pub images: Support,
    /// Documents in a request. The product does not send any.
    pub documents: Support,
    /// Size of the context window in tokens, the reply included.
    pub context: Option<u64>,
    /// Most output tokens of a reply.
    pub max_output: Option<u32>,
    /// End of the model's life.
    pub retired: Option<&'static str>,
    /// Facts of the row that are not confirmed.
    pub unconfirmed: &'static str,
}

impl Family {
    /// Size of the context window in tokens.
    pub(super) fn context_tokens(&self) -> u64 {
        self.context.unwrap_or(CONTEXT_TOKENS)
    }

    /// Tells whether this is a row of the table.
    pub(super) fn is_known(&self) -> bool {
        !self.ids.is_empty()
    }
}

/// Rows of the table, the row of an unknown model last.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = &'static Family> {
    table::ROWS.into_iter().chain([&table::UNKNOWN])
}

/// Way in which a model takes tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tools {
    /// In ConverseStream.
    Streamed,
    /// In Converse only.
    Unstreamed,
    /// Not at all.
    Refused,
}

/// Places in which a model takes cache points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cache {
    /// After the tools.
    pub tools: bool,
    /// After the system prompt.
    pub system: bool,
    /// At the end of user turns.
    pub turns: CacheTurns,
}

impl Cache {
    /// Everywhere.
    pub(super) const ALL: Self = Self {
        tools: true,
        system: true,
        turns: CacheTurns::All,
    };
    /// Nowhere.
    pub(super) const NONE: Self = Self {
        tools: false,
        system: false,
        turns: CacheTurns::None,
    };
}

/// User turns that may end with a cache point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CacheTurns {
    /// All.
    All,
    /// User turns without a tool result.
    WithoutTools,
    /// None.
    None,
}

/// Text that may stand in a message with tool calls or tool results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextBesideTools {
    /// Text after results, and text beside calls.
    CallsAndResults,
    /// Text beside calls only.
    Calls,
    /// No text.
    Neither,
}

/// Ids of tool calls that a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallIds {
    /// Every id that Bedrock takes.
    Any,
    /// Nine letters and digits.
    NineCharacters,
}

/// Sampling parameters that a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// Temperature and top-p.
    Both,
    /// Temperature or top-p, and neither while the model reasons.
    One,
    /// None.
    None,
}

/// Reasoning of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reasoning {
    /// Reasoning without a setting.
    pub default: DefaultReasoning,
    /// Values of `thinking.type` that the model takes. Without one, `thinking` is not checked.
    pub types: &'static [&'static str],
    /// Way to ask the model to show its reasoning.
    pub ask_for: AskFor,
    /// The model takes settings of its reasoning. Unset once it refused one.
    pub settings: bool,
    /// Signed reasoning may be sent back.
    pub sent_back: bool,
}

/// Reasoning without a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DefaultReasoning {
    /// The model has none.
    Never,
    /// Off.
    Off,
    /// On.
    On,
    /// On, and cannot be switched off.
    Always,
    /// Not confirmed.
    Unknown,
}

/// Way to ask a model to show its reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskFor {
    /// With nothing: the model cannot be asked, or it is not confirmed.
    Nothing,
    /// `thinking` of type `adaptive`.
    Adaptive,
    /// `thinking` of type `adaptive` with `display`, because the default is `omitted`.
    AdaptiveSummarized,
    /// `thinking` of type `enabled` with a budget.
    Budget,
    /// `reasoningConfig`.
    ReasoningConfig,
    /// `reasoning_effort`.
    ReasoningEffort,
}

/// Choice of a tool that the model must call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForcedChoice {
    /// Taken.
    Yes,
    /// Taken while the model does not think.
    WithoutThinking,
    /// Taken while `thinking` is not of type `enabled`.
    WithoutBudget,
    /// Refused.
    No,
    /// Not confirmed.
    Unknown,
}

/// Whether a model supports something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Support {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not confirmed.
    Unknown,
}
