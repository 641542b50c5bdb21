//! What a family of models takes.

/// What may stand in a request to a model of this family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    /// Cache points after the tools.
    pub(super) cached_tools: bool,
    /// Cache points after the system prompt and in messages.
    pub(super) cached_text: bool,
    /// Whether a tool's result is an error.
    pub(super) result_status: bool,
}

const NOTHING: Family = Family {
    cached_tools: false,
    cached_text: false,
    result_status: false,
};
const UNCACHED: Family = Family {
    result_status: true,
    ..NOTHING
};
const TEXT_CACHED: Family = Family {
    cached_text: true,
    ..UNCACHED
};
const ALL: Family = Family {
    cached_tools: true,
    ..TEXT_CACHED
};

/// The first row that begins the model's id counts (Bedrock user guide, "Prompt caching", and API reference,
/// "ToolResultBlock"). A model that is not here gets nothing it might refuse.
const FAMILIES: [(&str, Family); 8] = [
    ("anthropic.claude-v", NOTHING),
    ("anthropic.claude-instant", NOTHING),
    ("anthropic.claude-3-5-haiku", ALL),
    ("anthropic.claude-3-7", ALL),
    ("anthropic.claude-3", UNCACHED),
    ("anthropic.claude", ALL),
    ("amazon.nova-sonic", NOTHING),
    ("amazon.nova", TEXT_CACHED),
];

impl Family {
    /// The family of a model id, of a profile's id (`us.…`, `eu.…`, `global.…`) or of an ARN that ends with
    /// one. The ARN of an application's own profile does not say what is behind it.
    pub(super) fn of(model_id: &str) -> Self {
        let id = model_id.rsplit('/').next().unwrap_or(model_id);
        let bare = id.split_once('.').map_or(id, |(_, rest)| rest);
        let row = FAMILIES
            .iter()
            .find(|(family, _)| id.starts_with(family) || bare.starts_with(family));
        row.map_or(NOTHING, |(_, takes)| *takes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_any_of_their_names() {
        for (id, takes) in [
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
            ("anthropic.claude-v2:1", NOTHING),
            ("meta.llama3-3-70b-instruct-v1:0", NOTHING),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2",
                NOTHING,
            ),
            ("", NOTHING),
        ] {
            assert_eq!(Family::of(id), takes, "{id}");
        }
    }
}
