//! Text of a prompt.

use crate::response::error::{ErrorResponse, invalid, too_large};

/// Longest prompt, in bytes of UTF-8.
pub const MAX_PROMPT_BYTES: usize = 24 * 1024;

/// Accepts a text that is not blank and takes at most [`MAX_PROMPT_BYTES`].
pub fn check_text(field: &str, text: &str) -> Result<String, ErrorResponse> {
    // Bedrock refuses a text of white space alone, and control characters alone ask for nothing.
    if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid(format!("`{field}` must not be empty or blank.")));
    }
    if text.len() > MAX_PROMPT_BYTES {
        return Err(too_large(&format!("The `{field}`"), MAX_PROMPT_BYTES));
    }
    Ok(text.to_owned())
}
