//! Prices of models, from a file of the repository.

use anyhow::{Context as _, Result};
use longwire_adapters::bedrock::settings::Settings;
use longwire_core::price::{Price, Prices};

const PRICES: &str = include_str!("../../../prices.toml");

/// Price of the model: that of `MODEL_FAMILY` if the file names it, else that of `MODEL_ID`, else none.
pub(crate) fn price_of(model: &Settings) -> Result<Option<Price>> {
    let prices: Prices = toml::from_str(PRICES).context("reading prices.toml")?;
    let family = model.family.as_deref();
    let price = family.and_then(|family| prices.of(family));
    Ok(price.or_else(|| prices.of(&model.model_id)))
}

#[cfg(test)]
mod tests {
    use longwire_adapters::bedrock::settings::IDLE;

    use super::*;

    fn price(model_id: &str, family: Option<&str>) -> Option<Price> {
        let settings = Settings {
            model_id: model_id.to_owned(),
            family: family.map(str::to_owned),
            temperature: None,
            top_p: None,
            fields: None,
            idle: IDLE,
        };
        price_of(&settings).expect("the file can be read")
    }

    #[test]
    fn the_file_names_the_models_of_the_documents() {
        for model in [
            "eu.anthropic.claude-sonnet-5-5",
            "anthropic.claude-haiku-4-5-20251001-v1:0",
        ] {
            assert!(price(model, None).is_some(), "{model}");
        }
        assert_eq!(price("unknown.model", None), None);
    }

    #[test]
    fn the_named_family_counts_before_the_model() {
        let (haiku, sonnet) = ("anthropic.claude-haiku-4-5", "anthropic.claude-sonnet-5-5");
        assert_eq!(price(sonnet, Some(haiku)), price(haiku, None));
        assert_eq!(price(sonnet, Some("unknown")), price(sonnet, None));
        assert_ne!(price(haiku, None), price(sonnet, None));
    }
}
