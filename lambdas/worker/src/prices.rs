//! Prices of models, from a file of the repository.

use anyhow::{Context as _, Result};
use longwire_core::price::{Price, Prices};

const PRICES: &str = include_str!("../../../prices.toml");

/// Price of a model; `None` when the file does not name it.
pub(crate) fn price_of(model_id: &str) -> Result<Option<Price>> {
    let prices: Prices = toml::from_str(PRICES).context("reading prices.toml")?;
    Ok(prices.of(model_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read_and_names_the_models_of_the_documents() {
        for model in [
            "eu.anthropic.claude-sonnet-5-5",
            "anthropic.claude-haiku-4-5-20251001-v1:0",
        ] {
            assert!(price_of(model).expect("prices").is_some(), "{model}");
        }
        assert!(price_of("unknown.model").expect("prices").is_none());
    }
}
