//! Prices of models.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::message::Usage;
use crate::model_id::begins_with;

/// Price of a model, in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Price {
    input: f64,
    output: f64,
    cache_read: f64,
    cache_write: f64,
}

/// Prices by model id, or the beginning of one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Prices(BTreeMap<String, Price>);

impl Prices {
    /// Price of a model: of the longest entry with which its id begins.
    pub fn of(&self, model_id: &str) -> Option<Price> {
        let found = self
            .0
            .iter()
            .filter(|(begin, _)| begins_with(model_id, begin));
        let longest = found.max_by_key(|(begin, _)| begin.len());
        longest.map(|(_, price)| *price)
    }
}

impl Price {
    /// Most that a request of this many tokens may cost with a reply of this many, in millionths of a US dollar: a token
    /// that is written to the prompt cache may cost more than one that is not.
    pub fn most_micros(&self, input_tokens: u64, output_tokens: u64) -> u64 {
        let input = self.input.max(self.cache_write);
        (input_tokens as f64 * input + output_tokens as f64 * self.output).ceil() as u64
    }

    /// Cost of a usage, in millionths of a US dollar, rounded up.
    pub fn micros(&self, usage: &Usage) -> u64 {
        // Dollars for a million tokens are millionths of a dollar for one.
        let parts = [
            (usage.input_tokens, self.input),
            (usage.output_tokens, self.output),
            (usage.cache_read_input_tokens, self.cache_read),
            (usage.cache_write_input_tokens, self.cache_write),
        ];
        let cost: f64 = parts
            .iter()
            .map(|(tokens, price)| *tokens as f64 * price)
            .sum();
        cost.ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn prices() -> Prices {
        let price = |input: f64| json!({ "input": input, "output": 5.0 * input, "cache_read": 0.1 * input, "cache_write": 1.25 * input });
        let prices =
            json!({ "anthropic.claude": price(3.0), "anthropic.claude-haiku": price(1.0) });
        from_value(prices).expect("prices")
    }

    #[test]
    fn the_longest_entry_counts_in_every_geography() {
        let input = |model: &str| prices().of(model).map(|price| price.input);
        assert_eq!(input("anthropic.claude-haiku-4-5-20251001-v1:0"), Some(1.0));
        assert_eq!(
            input("eu.anthropic.claude-haiku-4-5-20251001-v1:0"),
            Some(1.0)
        );
        assert_eq!(input("global.anthropic.claude-sonnet-5-5"), Some(3.0));
        assert_eq!(input("amazon.nova-lite-v1:0"), None);
    }

    #[test]
    fn a_cost_is_rounded_up() {
        let price = prices().of("anthropic.claude-haiku").expect("a price");
        let usage = Usage {
            input_tokens: 10,
            output_tokens: 3,
            cache_read_input_tokens: 1,
            ..Usage::default()
        };
        assert_eq!(price.micros(&usage), 26);
    }

    #[test]
    fn the_most_a_request_may_cost_is_that_of_writing_all_of_it_to_the_cache() {
        let price = prices().of("anthropic.claude-haiku").expect("a price");
        assert_eq!(price.most_micros(10, 3), 28);
    }
}
