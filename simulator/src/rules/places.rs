//! Place names in a question.

/// Words that end a place name.
const END_WORDS: [&str; 14] = [
    "today", "tomorrow", "now", "right", "please", "this", "at", "like", "use", "using", "with",
    "then", "the", "tonight",
];

/// Returns the places after "in", "for" or "of", separated by "and", "or" or commas. A place name consists of
/// capitalized words.
pub(crate) fn in_question(question: &str) -> Vec<String> {
    let clean: String = question
        .chars()
        .map(|c| {
            if matches!(c, '?' | '!' | '.' | ';' | ':' | '"') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let spaced = clean.replace(',', " , ");
    let mut places: Vec<String> = Vec::new();
    let mut current: Option<Vec<&str>> = None;
    for word in spaced.split_whitespace() {
        let lower = word.to_lowercase();
        if matches!(lower.as_str(), "in" | "for" | "of") {
            finish(&mut current, &mut places);
            current = Some(Vec::new());
        } else if matches!(lower.as_str(), "and" | "or" | ",") {
            let in_list = current.is_some();
            finish(&mut current, &mut places);
            current = in_list.then(Vec::new);
        } else if END_WORDS.contains(&lower.as_str())
            || !word.chars().next().is_some_and(char::is_uppercase)
        {
            finish(&mut current, &mut places);
        } else if let Some(place) = &mut current {
            place.push(word);
        }
    }
    finish(&mut current, &mut places);
    if places.is_empty() {
        lowercase_place(&clean)
    } else {
        places
    }
}

fn finish(current: &mut Option<Vec<&str>>, places: &mut Vec<String>) {
    let place = current.take().unwrap_or_default().join(" ");
    if !place.is_empty() && !places.contains(&place) {
        places.push(place);
    }
}

/// Returns the words after the last "in" or "for" as one place, for a question without capital letters.
fn lowercase_place(question: &str) -> Vec<String> {
    let mut words: Vec<&str> = question.split_whitespace().collect();
    let Some(index) = words.iter().rposition(|word| matches!(*word, "in" | "for")) else {
        return Vec::new();
    };
    let place: Vec<String> = words
        .split_off(index + 1)
        .into_iter()
        .take_while(|word| !END_WORDS.contains(word))
        .map(capitalize)
        .collect();
    if place.is_empty() {
        Vec::new()
    } else {
        vec![place.join(" ")]
    }
}

fn capitalize(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::in_question;

    #[test]
    fn places_are_found_in_lists_and_in_lowercase() {
        for (question, expected) in [
            ("How is the weather in New York?", vec!["New York"]),
            (
                "What's the weather in Berlin and in Tokyo today?",
                vec!["Berlin", "Tokyo"],
            ),
            (
                "weather for Berlin, New York and São Paulo, please",
                vec!["Berlin", "New York", "São Paulo"],
            ),
            ("how is the weather in new york", vec!["New York"]),
            ("Is it raining in London right now?", vec!["London"]),
            ("And in Oslo?", vec!["Oslo"]),
            ("How is the weather?", vec![]),
        ] {
            assert_eq!(in_question(question), expected, "{question}");
        }
    }
}
