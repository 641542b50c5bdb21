//! Rules of the model's family.

use super::result::ValidationResult;
use crate::{
    conversation::{request::Request, target::Target},
    error::{AwsError, ErrorKind},
};

mod cache;
mod content;
mod limits;
mod sampling;
mod thinking;
mod tools;

/// Applies the rules of the family; an id of no family has none.
///
/// # Errors
/// `ResourceNotFoundException` for a retired model, `ValidationException` for the first violated rule.
pub(super) fn validate(request: &Request, target: Target<'_>) -> ValidationResult {
    let Some(family) = target.family else {
        return Ok(());
    };
    if family.retired {
        return Err(AwsError {
            kind: ErrorKind::ResourceNotFound,
            message: "This model version has reached the end of its life. Please refer to the AWS documentation for \
                      more details."
                .to_owned(),
        });
    }
    tools::validate(request, family, target.operation)?;
    cache::validate(request, family)?;
    content::validate(request, family)?;
    thinking::validate(request, family)?;
    sampling::validate(request, family)?;
    limits::validate(request, family)
}
