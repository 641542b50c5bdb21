//! Families of models, and the optional parts of a request that they accept.

/// Optional parts of a request that a family of models accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    /// Cache points after the tools.
    pub(super) cached_tools: bool,
    /// Cache points after the system prompt and in messages.
    pub(super) cached_text: bool,
    /// Status of a tool result.
    pub(super) result_status: bool,
}

const NONE: Family = Family {
    cached_tools: false,
    cached_text: false,
    result_status: false,
};
const UNCACHED: Family = Family {
    result_status: true,
    ..NONE
};
const TEXT_CACHED: Family = Family {
    cached_text: true,
    ..UNCACHED
};
const ALL: Family = Family {
    cached_tools: true,
    ..TEXT_CACHED
};

/// Families by prefix of the model id; the first match counts (Bedrock user guide, "Prompt caching", and API
/// reference, "ToolResultBlock"). A model without an entry gets none of the optional parts.
const FAMILIES: [(&str, Family); 8] = [
    ("anthropic.claude-v", NONE),
    ("anthropic.claude-instant", NONE),
    ("anthropic.claude-3-5-haiku", ALL),
    ("anthropic.claude-3-7", ALL),
    ("anthropic.claude-3", UNCACHED),
    ("anthropic.claude", ALL),
    ("amazon.nova-sonic", NONE),
    ("amazon.nova", TEXT_CACHED),
];

impl Family {
    /// Family of a model id, of the id of an inference profile (`us.…`, `eu.…`, `global.…`), or of an ARN that ends
    /// with one. The ARN of an application inference profile does not tell the model.
    pub(super) fn of(model_id: &str) -> Self {
        let id = model_id.rsplit('/').next().unwrap_or(model_id);
        let bare = id.split_once('.').map_or(id, |(_, rest)| rest);
        let row = FAMILIES
            .iter()
            .find(|(prefix, _)| id.starts_with(prefix) || bare.starts_with(prefix));
        row.map_or(NONE, |(_, family)| *family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_is_found_by_model_id_profile_and_arn() {
        for (id, family) in [
            ("anthropic.claude-sonnet-5-5", ALL),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", ALL),
            ("global.anthropic.claude-opus-5", ALL),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
                ALL,
            ),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0",
                TEXT_CACHED,
            ),
            ("jp.amazon.nova-2-lite-v1:0", TEXT_CACHED),
            ("us.amazon.nova-micro-v1:0", TEXT_CACHED),
            ("anthropic.claude-3-haiku-20240307-v1:0", UNCACHED),
            ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", ALL),
            ("anthropic.claude-v2:1", NONE),
            ("meta.llama3-3-70b-instruct-v1:0", NONE),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2",
                NONE,
            ),
            ("", NONE),
        ] {
            assert_eq!(Family::of(id), family, "{id}");
        }
    }
}
