//! Places in a question.

/// Words that end a place.
const AFTER: [&str; 14] = [
    "today", "tomorrow", "now", "right", "please", "this", "at", "like", "use", "using", "with",
    "then", "the", "tonight",
];

/// The places that a question names after "in", "for" or "of", several of them apart by "and", "or" or commas.
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
            let among = current.is_some();
            finish(&mut current, &mut places);
            current = among.then(Vec::new);
        } else if AFTER.contains(&lower.as_str())
            || !word.chars().next().is_some_and(char::is_uppercase)
        {
            finish(&mut current, &mut places);
        } else if let Some(place) = &mut current {
            place.push(word);
        }
    }
    finish(&mut current, &mut places);
    if places.is_empty() {
        in_small_letters(&clean)
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

/// Who writes no capital letters gets one place: what stands after the last "in" or "for".
fn in_small_letters(question: &str) -> Vec<String> {
    let mut words: Vec<&str> = question.split_whitespace().collect();
    let Some(at) = words.iter().rposition(|word| matches!(*word, "in" | "for")) else {
        return Vec::new();
    };
    let place: Vec<String> = words
        .split_off(at + 1)
        .into_iter()
        .take_while(|word| !AFTER.contains(word))
        .map(capital)
        .collect();
    if place.is_empty() {
        Vec::new()
    } else {
        vec![place.join(" ")]
    }
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::in_question;

    #[test]
    fn places_are_found_as_people_write_them() {
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
