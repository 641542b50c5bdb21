//! Cutting text to size.

/// Longest prefix of `text` that takes at most `bytes` bytes of UTF-8 and ends at a character boundary.
pub fn prefix(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The text itself when it takes at most `bytes` bytes of UTF-8, else a prefix that ends with `…` and takes at
/// most that many.
pub fn ellipsis(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}…", prefix(text, bytes.saturating_sub('…'.len_utf8())))
}

/// Bytes of a token. The tokenizers of the current models make 2.7 to 3.5 bytes of English text and JSON one token.
const TOKEN_BYTES: usize = 3;

/// Estimated tokens of a text of this length in bytes.
pub fn estimated_tokens(bytes: usize) -> u64 {
    bytes.div_ceil(TOKEN_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(prefix("aä", 2), "a");
        assert_eq!(prefix("aä", 3), "aä");
        assert_eq!(ellipsis("aäö", 5), "aäö");
        assert_eq!(ellipsis("aäöü", 6), "aä…");
        assert_eq!(ellipsis("aäöü", 1), "…");
    }
}
