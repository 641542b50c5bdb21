//! Texts of a user.

use crate::response::error::{ErrorResponse, invalid, too_large};

/// Longest prompt, in bytes of UTF-8.
pub const MAX_PROMPT_BYTES: usize = 24 * 1024;

/// Longest text for an unfinished run, in bytes of UTF-8. Five of them and the results of a step are written at once.
pub const MAX_STEER_BYTES: usize = 8 * 1024;

/// Accepts a text that is not blank and takes at most `max` bytes.
pub fn check_text(field: &str, text: &str, max: usize) -> Result<String, ErrorResponse> {
    // Bedrock refuses a text of white space alone, and control characters alone ask for nothing.
    if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid(format!("`{field}` must not be empty or blank.")));
    }
    if text.len() > max {
        return Err(too_large(&format!("The `{field}`"), max));
    }
    Ok(text.to_owned())
}
