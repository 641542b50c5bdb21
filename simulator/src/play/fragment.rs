//! Cutting a block's content into deltas.

/// Words with the blank after them, as models stream; or pieces of `characters` when given.
pub(crate) fn text(text: &str, characters: Option<usize>) -> Vec<String> {
    match characters {
        Some(characters) => by_length(text, characters),
        None => text
            .split_inclusive(char::is_whitespace)
            .map(str::to_owned)
            .collect(),
    }
}

/// Pieces of `characters`, or of 8.
pub(crate) fn input(json: &str, characters: Option<usize>) -> Vec<String> {
    by_length(json, characters.unwrap_or(8))
}

fn by_length(text: &str, characters: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(characters.max(1))
        .map(|piece| piece.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_whole() {
        let whole = "Grüße  aus\nNew York. ☀️";
        assert_eq!(
            text(whole, None),
            ["Grüße ", " ", "aus\n", "New ", "York. ", "☀️"]
        );
        assert_eq!(text(whole, Some(3)).concat(), whole);
        assert_eq!(input("{\"a\":1234}", None), ["{\"a\":123", "4}"]);
    }
}
