//! Temperature, `topP` and `top_k`.

use serde_json::Value;

use crate::{
    conversation::request::Request,
    families::family::{Family, Sampling},
    validation::result::{ValidationResult, reject},
};

pub(super) fn validate(request: &Request, family: &Family) -> ValidationResult {
    let config = request.inference_config.clone().unwrap_or_default();
    let field = |name| request.model_field(name).and_then(Value::as_f64);
    let temperature = config.temperature.or_else(|| field("temperature"));
    let top_p = config.top_p.or_else(|| field("top_p"));
    match family.sampling {
        Sampling::Both => {}
        Sampling::One if temperature.is_some() && top_p.is_some() => {
            return reject(
                "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
            );
        }
        Sampling::One => {}
        Sampling::Defaults => {
            if temperature.is_some_and(|value| value < 1.0) {
                return reject("`temperature` may only be set to 1 for this model.");
            }
            if top_p.is_some_and(|value| value < 0.99) {
                return reject("`top_p` may only be set to 0.99 or above for this model.");
            }
            if field("top_k").is_some() {
                return reject("`top_k` is not supported for this model.");
            }
        }
    }
    if request.enables_thinking() && family.sampling != Sampling::Defaults && top_p.is_some() {
        return reject("`top_p` must be unset when thinking is enabled.");
    }
    Ok(())
}
