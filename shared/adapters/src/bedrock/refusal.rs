//! Refusals of a part of a request, which a model states in a sentence. What was refused is left out of every later
//! request of the process.

use longwire_agent::model::{ModelError, ModelErrorKind};

use crate::bedrock::family::{Cache, CallIds, Family, Sampling, TextBesideTools, Tools};

/// Part of a request that a model refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Refusal {
    /// Tools in a stream.
    StreamedTools,
    /// Tools.
    Tools,
    /// A cache point after the tools.
    ToolCachePoint,
    /// Cache points.
    CachePoints,
    /// The status of a tool result.
    ResultStatus,
    /// Text in a message with tool calls or tool results.
    TextBesideTools,
    /// Temperature together with top-p.
    BothSamplings,
    /// Temperature or top-p.
    Sampling,
    /// A setting of the reasoning.
    ReasoningSetting,
    /// Reasoning of earlier answers.
    ReasoningSentBack,
    /// The id of a tool call.
    CallId,
    /// The system prompt.
    SystemPrompt,
}

/// All refusals. A more special one stands before a more general one.
pub(super) const ALL: [Refusal; 12] = [
    Refusal::StreamedTools,
    Refusal::Tools,
    Refusal::ToolCachePoint,
    Refusal::CachePoints,
    Refusal::ResultStatus,
    Refusal::TextBesideTools,
    Refusal::BothSamplings,
    Refusal::Sampling,
    Refusal::ReasoningSentBack,
    Refusal::ReasoningSetting,
    Refusal::CallId,
    Refusal::SystemPrompt,
];

impl Refusal {
    /// Part that was refused; `None` for any other error. Bedrock refuses cache points of some models with an
    /// AccessDeniedException.
    pub(super) fn of(error: &ModelError) -> Option<Self> {
        let kinds = [ModelErrorKind::Invalid, ModelErrorKind::AccessDenied];
        if !kinds.contains(&error.kind) {
            return None;
        }
        let text = error.detail.to_lowercase();
        ALL.into_iter().find(|refusal| refusal.is_told_in(&text))
    }

    /// Name of the part that is left out, for the log.
    pub(super) fn left_out(self) -> &'static str {
        match self {
            Self::StreamedTools => "streaming of steps with tools",
            Self::Tools => "tools",
            Self::ToolCachePoint => "the cache point after the tools",
            Self::CachePoints => "cache points",
            Self::ResultStatus => "the status of tool results",
            Self::TextBesideTools => "text beside tool calls and results",
            Self::BothSamplings => "top-p beside temperature",
            Self::Sampling => "temperature and top-p",
            Self::ReasoningSetting => "settings of reasoning",
            Self::ReasoningSentBack => "reasoning of earlier answers",
            Self::CallId => "ids of tool calls that are not nine letters and digits",
            Self::SystemPrompt => "the system prompt, which begins the first user turn instead",
        }
    }

    /// The family without what was refused.
    pub(super) fn applied(self, mut family: Family) -> Family {
        match self {
            Self::StreamedTools if family.tools == Tools::Streamed => {
                family.tools = Tools::Unstreamed;
            }
            Self::StreamedTools => {}
            Self::Tools => family.tools = Tools::Refused,
            Self::ToolCachePoint => family.cache.tools = false,
            Self::CachePoints => family.cache = Cache::NONE,
            Self::ResultStatus => family.result_status = false,
            Self::TextBesideTools => family.beside = TextBesideTools::Neither,
            Self::BothSamplings if family.sampling == Sampling::Both => {
                family.sampling = Sampling::One;
            }
            Self::BothSamplings => {}
            Self::Sampling => family.sampling = Sampling::None,
            Self::ReasoningSetting => family.reasoning.settings = false,
            Self::ReasoningSentBack => family.reasoning.sent_back = false,
            Self::CallId => family.call_ids = CallIds::NineCharacters,
            Self::SystemPrompt => family.system_prompt = false,
        }
        family
    }

    /// Tells whether a message, in lower case, states this refusal. The messages are those that users report.
    fn is_told_in(self, text: &str) -> bool {
        let all = |phrases: &[&str]| phrases.iter().all(|phrase| text.contains(phrase));
        let any = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
        let refused = || any(&REFUSED);
        match self {
            Self::StreamedTools => all(&["tool use in streaming mode"]) && refused(),
            Self::Tools => all(&["support tool use"]) && refused(),
            Self::ToolCachePoint => {
                any(&["toolconfig", "tools."]) && any(&CACHE_POINT) && refused()
            }
            Self::CachePoints => any(&CACHE_POINT) && refused(),
            Self::ResultStatus => all(&["toolresult", "status"]) && refused(),
            Self::TextBesideTools => {
                any(&[
                    "tool use blocks",
                    "tool result blocks",
                    "toolresult",
                    "tooluse",
                ]) && any(&["in the same turn", "in the same message"])
            }
            Self::BothSamplings => {
                all(&["temperature"]) && any(&["top_p", "topp"]) && all(&["both be specified"])
            }
            Self::Sampling => any(&["temperature", "top_p", "topp"]) && refused(),
            Self::ReasoningSentBack => all(&["cannot contain reasoning content"]),
            // A refused signature concerns one thinking block, and `-thinking` is the end of a model id.
            Self::ReasoningSetting => {
                let named = text.replace("-thinking", "").contains("thinking");
                (named || any(&["reasoningconfig", "reasoning_effort"]))
                    && refused()
                    && !any(&["signature", "`thinking` block", "thinking blocks"])
            }
            Self::CallId => all(&["tool call id", "length of 9"]),
            Self::SystemPrompt => any(&["system messages", "system prompt"]) && refused(),
        }
    }
}

const CACHE_POINT: [&str; 4] = [
    "cachepoint",
    "cache point",
    "cache_control",
    "prompt caching",
];

/// Phrases of a refusal.
const REFUSED: [&str; 10] = [
    "doesn't support",
    "does not support",
    "not supported",
    "unsupported",
    "not permitted",
    "extraneous key",
    "not allow",
    "deprecated",
    "cannot be specified",
    "may only be set",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(detail: &str) -> Option<Refusal> {
        Refusal::of(&ModelError {
            kind: ModelErrorKind::Invalid,
            detail: detail.to_owned(),
        })
    }

    #[test]
    fn a_refusal_is_told_by_its_sentence() {
        use Refusal as R;
        for (text, refusal) in [
            (
                "This model doesn't support tool use in streaming mode.",
                R::StreamedTools,
            ),
            ("This model doesn't support tool use.", R::Tools),
            (
                "Malformed input request: #/toolConfig/tools/7: extraneous key [cachePoint] is not permitted",
                R::ToolCachePoint,
            ),
            (
                "Malformed input request: #/messages/2/content/1: extraneous key [cachePoint] is not permitted",
                R::CachePoints,
            ),
            (
                "You invoked an unsupported model or your request did not allow prompt caching.",
                R::CachePoints,
            ),
            (
                "This model doesn't support the toolResult.status field.",
                R::ResultStatus,
            ),
            (
                "messages.7.content: Conversation blocks and tool use blocks cannot be provided in the same turn.",
                R::TextBesideTools,
            ),
            (
                "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
                R::BothSamplings,
            ),
            ("`temperature` is deprecated for this model.", R::Sampling),
            (
                "`temperature` may only be set to 1 when thinking is enabled.",
                R::Sampling,
            ),
            ("extraneous key [topP] is not permitted", R::Sampling),
            (
                "\"thinking.type.enabled\" is not supported for this model",
                R::ReasoningSetting,
            ),
            (
                "thinking: Extra inputs are not permitted",
                R::ReasoningSetting,
            ),
            (
                "User messages cannot contain reasoning content. Please remove it.",
                R::ReasoningSentBack,
            ),
            (
                "Tool call id was tc_1 but must be a-z, A-Z, 0-9, with a length of 9.",
                R::CallId,
            ),
            (
                "This model doesn't support system messages.",
                R::SystemPrompt,
            ),
        ] {
            assert_eq!(of(text), Some(refusal), "{text}");
        }
    }

    #[test]
    fn other_errors_teach_nothing() {
        for text in [
            "messages: text content blocks must be non-empty",
            "Invalid `signature` in `thinking` block. The block is bound to a different conversation",
            "max_tokens: 200000 > 64000",
            "Expected toolResult blocks at messages.2.content for the following Ids: tc_1",
            "The content field at messages.0.content.0.toolResult cannot be empty when status value is error.",
            "temperature: must be at most 1",
            "Invocation of model ID moonshot.kimi-k2-thinking is not supported in this Region.",
            "",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        let throttled = ModelError {
            kind: ModelErrorKind::Throttled,
            detail: "This model doesn't support tool use.".to_owned(),
        };
        assert_eq!(Refusal::of(&throttled), None);
    }

    #[test]
    fn a_refusal_changes_the_family_once() {
        let family = Family::of("anthropic.claude-unheard-of", None);
        for refusal in ALL {
            let learned = refusal.applied(family);
            assert_ne!(learned, family, "{refusal:?}");
            assert_eq!(refusal.applied(learned), learned, "{refusal:?}");
        }
    }
}
