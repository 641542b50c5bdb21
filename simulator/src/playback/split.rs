//! Splits the content of a block into deltas.

/// Default length of a tool input delta, in characters.
const INPUT_CHARACTERS: usize = 8;

/// Splits text into pieces of `characters`; by default into words, each with the whitespace after it, as models
/// stream text.
pub(crate) fn text(text: &str, characters: Option<usize>) -> Vec<String> {
    match characters {
        Some(characters) => by_length(text, characters),
        None => text
            .split_inclusive(char::is_whitespace)
            .map(str::to_owned)
            .collect(),
    }
}

/// Splits the input of a tool call into pieces of `characters`.
pub(crate) fn tool_input(json: &str, characters: Option<usize>) -> Vec<String> {
    by_length(json, characters.unwrap_or(INPUT_CHARACTERS))
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
    fn pieces_concatenate_to_the_original_text() {
        let whole = "Grüße  aus\nNew York. ☀️";
        assert_eq!(
            text(whole, None),
            ["Grüße ", " ", "aus\n", "New ", "York. ", "☀️"]
        );
        assert_eq!(text(whole, Some(3)).concat(), whole);
        assert_eq!(tool_input("{\"a\":1234}", None), ["{\"a\":123", "4}"]);
    }
}
