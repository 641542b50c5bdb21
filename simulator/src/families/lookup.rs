//! Selection of the row for a model id.

use super::{claude, family::Family, nova, others};

/// Prefixes of inference profiles ("inference-profiles-support").
const PROFILES: [&str; 9] = [
    "us-gov.", "us.", "eu.", "apac.", "global.", "jp.", "au.", "ca.", "sa.",
];

/// Iterates over all rows.
pub fn all() -> impl Iterator<Item = &'static Family> {
    [claude::ROWS, nova::ROWS, others::ROWS]
        .into_iter()
        .flatten()
}

/// Returns the row for a model id, an inference profile's id or the ARN of either; `None` for an id of no
/// family, such as that of an application inference profile.
#[must_use]
pub fn by_model_id(model_id: &str) -> Option<&'static Family> {
    let id = bare_id(model_id);
    let length = |family: &&Family| {
        let matches = family.ids.iter().filter(|start| id.starts_with(**start));
        matches.map(|start| start.len()).max().unwrap_or_default()
    };
    all().max_by_key(length).filter(|family| length(family) > 0)
}

/// Returns the model id of an ARN or an inference profile's id.
#[must_use]
pub fn bare_id(model_id: &str) -> &str {
    let id = model_id.rsplit('/').next().unwrap_or(model_id);
    PROFILES
        .iter()
        .find_map(|profile| id.strip_prefix(profile))
        .unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_is_found_by_model_profile_and_arn() {
        for (id, name) in [
            ("anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5"),
            ("us.anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5"),
            (
                "global.anthropic.claude-sonnet-5",
                "Claude Sonnet 5, Opus 5",
            ),
            (
                "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "Claude Sonnet 4.5",
            ),
            (
                "anthropic.claude-sonnet-4-20250514-v1:0",
                "Claude 3 and older, Sonnet 4",
            ),
            (
                "anthropic.claude-3-7-sonnet-20250219-v1:0",
                "Claude 3 and older, Sonnet 4",
            ),
            ("anthropic.claude-fable-5", "Claude Fable 5"),
            ("anthropic.claude-fable-5-2", "Claude Fable 5.1, 5.2"),
            ("eu.amazon.nova-2-lite-v1:0", "Nova 2 Lite"),
            ("us.meta.llama4-maverick-17b-instruct-v1:0", "Llama 4"),
            ("meta.llama3-70b-instruct-v1:0", "Llama 2, 3, 3.2"),
            (
                "mistral.mistral-large-2407-v1:0",
                "Mistral Large 24xx, Pixtral",
            ),
            (
                "mistral.mistral-large-3-675b-instruct",
                "Ministral 3, Mistral Large 3, Magistral",
            ),
            ("us.deepseek.r1-v1:0", "DeepSeek R1"),
            ("openai.gpt-oss-120b-1:0", "gpt-oss"),
            ("qwen.qwen3-vl-235b-a22b", "Qwen3 VL"),
            ("moonshotai.kimi-k2.5", "Kimi K2.5, K3"),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-haiku-5-5",
                "Claude Haiku 5.5",
            ),
        ] {
            assert_eq!(
                by_model_id(id).map(|family| family.name),
                Some(name),
                "{id}"
            );
        }
    }

    #[test]
    fn other_ids_have_no_family() {
        for id in [
            "simulator",
            "",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefgh1234",
        ] {
            assert_eq!(by_model_id(id), None, "{id}");
        }
    }

    #[test]
    fn each_beginning_of_an_id_belongs_to_one_row() {
        let mut ids: Vec<&str> = all().flat_map(|family| family.ids).copied().collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
