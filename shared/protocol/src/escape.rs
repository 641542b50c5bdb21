//! Size of text in JSON.

use longwire_core::text::prefix;

/// Bytes that a text takes in a JSON string, as serde_json writes it, without the quotes.
pub fn escaped_len(text: &str) -> usize {
    text.chars().map(char_len).sum()
}

/// Longest prefix of a text that takes at most `max_bytes` bytes of UTF-8 and `max_json` bytes in a JSON string.
pub fn fitting(text: &str, max_bytes: usize, max_json: usize) -> &str {
    let text = prefix(text, max_bytes);
    let mut json = 0;
    let too_long = text.char_indices().find(|(_, c)| {
        json += char_len(*c);
        json > max_json
    });
    too_long.map_or(text, |(end, _)| &text[..end])
}

fn char_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..'\u{20}' => 6,
        _ => c.len_utf8(),
    }
}
