//! The row of a model id.

use longwire_core::model_id::begins_with;

use crate::bedrock::family::Family;
use crate::bedrock::family::table::{ROWS, UNKNOWN};

impl Family {
    /// Row of a model. `named` is a model id or the beginning of one, for a model whose own id does not name it, such
    /// as an application inference profile or an imported model; where it has a row, that row counts.
    pub(in crate::bedrock) fn of(model_id: &str, named: Option<&str>) -> Self {
        let row = named.and_then(row).or_else(|| row(model_id));
        row.unwrap_or(UNKNOWN)
    }
}

/// Row of a model id, also in an inference profile or an ARN.
fn row(model_id: &str) -> Option<Family> {
    let begins = |family: &&&Family| {
        let mut ids = family.ids.iter();
        ids.any(|begin| begins_with(model_id, begin))
    };
    ROWS.iter().find(begins).map(|family| **family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_is_found_by_model_id_profile_and_arn() {
        for (id, name) in [
            ("anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5"),
            ("au.anthropic.claude-opus-5-5", "Claude Opus 5.5"),
            ("global.anthropic.claude-opus-5", "Claude Sonnet 5, Opus 5"),
            (
                "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "Claude Sonnet 4.5, Opus 4.5, Opus 4.1",
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
                "Claude Haiku 4.5",
            ),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0",
                "Nova 2 Lite",
            ),
            ("jp.amazon.nova-2-lite-v1:0", "Nova 2 Lite"),
            ("apac.amazon.nova-micro-v1:0", "Nova Micro"),
            (
                "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
                "Claude 3, 3.5, 3.7, 2 and Instant",
            ),
            ("anthropic.claude-sonnet-4-20250514-v1:0", "Claude Sonnet 4"),
            ("anthropic.claude-sonnet-7", "other Claude models"),
            ("us.meta.llama4-scout-17b-instruct-v1:0", "Llama 4"),
            ("meta.llama3-3-70b-instruct-v1:0", "Llama 3.1, 3.3"),
            ("moonshotai.kimi-k2.5", "Kimi K2.5, K3"),
            ("moonshot.kimi-k2-thinking", "Kimi K2"),
            ("us.deepseek.r1-v1:0", "DeepSeek R1"),
            ("openai.gpt-oss-120b-1:0", "gpt-oss"),
            ("openai.gpt-5.6", "GPT-5.6, GPT-6, Grok 4.6, 4.7"),
            ("mistral.mistral-7b-instruct-v0:2", "Mistral 7B, Mixtral"),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2",
                "any other",
            ),
            ("amazon.nova-sonic-v1:0", "any other"),
            ("", "any other"),
        ] {
            assert_eq!(Family::of(id, None).name, name, "{id}");
        }
    }

    #[test]
    fn the_named_family_counts_before_the_id() {
        let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2";
        let name = |id, named| Family::of(id, Some(named)).name;
        assert_eq!(name(profile, "amazon.nova-pro-v1:0"), "Nova Lite, Nova Pro");
        assert_eq!(name(profile, "meta.llama3-1"), "Llama 3.1, 3.3");
        assert_eq!(name("meta.llama4-scout", "deepseek.r1"), "DeepSeek R1");
        assert_eq!(name("meta.llama4-scout", "something.new"), "Llama 4");
        assert_eq!(name(profile, "something.new"), "any other");
    }

    #[test]
    fn every_row_is_found_by_its_own_ids() {
        for family in ROWS {
            for id in family.ids {
                assert_eq!(Family::of(id, None).name, family.name, "{id}");
            }
        }
    }
}
