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
