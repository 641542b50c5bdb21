//! Token counts of a family as counts of the product.

use longwire_core::message::Usage;

use crate::bedrock::family::Family;

impl Family {
    /// Counts in which the input tokens do not contain those of the prompt cache, as for Claude and Nova. OpenAI's
    /// models count them in the input.
    pub(in crate::bedrock) fn normalised(&self, usage: Usage) -> Usage {
        if !self.input_holds_cache {
            return usage;
        }
        let cached = usage
            .cache_read_input_tokens
            .saturating_add(usage.cache_write_input_tokens);
        Usage {
            input_tokens: usage.input_tokens.saturating_sub(cached),
            ..usage
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_prompt_cache_are_counted_once_for_every_family() {
        let usage = |input_tokens, cache_read_input_tokens| Usage {
            input_tokens,
            output_tokens: 2,
            total_tokens: 4995,
            cache_read_input_tokens,
            ..Usage::default()
        };
        let gpt = Family::of("openai.gpt-5.6", None);
        assert_eq!(gpt.normalised(usage(4993, 4992)), usage(1, 4992));
        assert_eq!(gpt.normalised(usage(3, 4992)), usage(0, 4992));
        let claude = Family::of("anthropic.claude-sonnet-5-5", None);
        assert_eq!(claude.normalised(usage(1, 4992)), usage(1, 4992));
    }
}
