//! Output tokens, context window and structured output.

use crate::{
    conversation::request::Request,
    error::AwsError,
    families::family::Family,
    response::tokens,
    validation::result::{ValidationResult, reject},
};

pub(super) fn validate(request: &Request, family: &Family) -> ValidationResult {
    let max_tokens = request
        .inference_config
        .as_ref()
        .and_then(|config| config.max_tokens);
    if let (Some(requested), Some(limit)) = (max_tokens, family.max_output_tokens)
        && requested > i64::from(limit)
    {
        return reject(format!(
            "The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum tokens value \
             that is lower than {limit}."
        ));
    }
    if request.body.pointer("/outputConfig/textFormat").is_some() && !family.structured_output {
        return reject("output_config.format: Extra inputs are not permitted");
    }
    let window = family
        .context_tokens
        .and_then(|tokens| usize::try_from(tokens).ok());
    if window.is_some_and(|window| tokens::from_characters(request.prompt_bytes()) > window) {
        return Err(AwsError::context_too_long());
    }
    Ok(())
}
