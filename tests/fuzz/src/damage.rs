//! Texts that were valid before they were damaged. Purely random text hardly gets past the first character of a parser.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Texts with which a part of the input is replaced: what parsers treat in a special way.
const SPECIAL: &[&str] = &[
    "",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    ".",
    "/",
    "#",
    "%",
    "\n",
    "\0",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "18446744073709551616",
    "\\ud800",
    "\u{feff}",
    "👩‍🚀",
    "ä",
    "\u{202e}",
    "none",
    "HS256",
    "\"kid\":\"\"",
];

/// Longest piece of random text, in characters.
const MAX_RANDOM: usize = 40;

/// Most repetitions of a part.
const MAX_REPEATED: usize = 3_000;

/// Change of a part of a text.
#[derive(Debug, Clone)]
enum Damage {
    Replace(Index, Index, String),
    Repeat(Index, Index, usize),
    Remove(Index, Index),
}

impl Damage {
    /// Changes a text. What a repetition adds has hardly more than `max` bytes.
    fn apply(&self, text: &str, max: usize) -> String {
        let (Self::Replace(from, to, _) | Self::Repeat(from, to, _) | Self::Remove(from, to)) =
            self;
        let characters: Vec<char> = text.chars().collect();
        let (from, to) = (
            from.index(characters.len() + 1),
            to.index(characters.len() + 1),
        );
        let (from, to) = (from.min(to), from.max(to));
        let part: String = characters[from..to].iter().collect();
        let middle = match self {
            Self::Replace(_, _, new) => new.clone(),
            Self::Repeat(_, _, times) => part.repeat((*times).min(max / part.len().max(1) + 1)),
            Self::Remove(..) => String::new(),
        };
        let (before, after): (String, String) = (
            characters[..from].iter().collect(),
            characters[to..].iter().collect(),
        );
        format!("{before}{middle}{after}")
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let special = select(SPECIAL).prop_map(str::to_owned);
    let random = vec(any::<char>(), 0..MAX_RANDOM).prop_map(String::from_iter);
    let span = || (any::<Index>(), any::<Index>());
    prop_oneof![
        4 => (span(), special).prop_map(|((from, to), new)| Damage::Replace(from, to, new)),
        2 => (span(), random).prop_map(|((from, to), new)| Damage::Replace(from, to, new)),
        1 => (span(), 2..MAX_REPEATED).prop_map(|((from, to), times)| Damage::Repeat(from, to, times)),
        2 => span().prop_map(|(from, to)| Damage::Remove(from, to)),
    ]
}

/// One of these texts with up to four changes, or, now and then, random text. At most `max` bytes.
pub(crate) fn damaged(valid: Vec<String>, max: usize) -> impl Strategy<Value = String> {
    let changed = (select(valid), vec(damage(), 0..=4)).prop_map(move |(text, changes)| {
        changes.iter().fold(text, |text, change| {
            cut(&change.apply(&text, max), max).to_owned()
        })
    });
    let random = vec(any::<char>(), 0..200).prop_map(String::from_iter);
    prop_oneof![9 => changed, 1 => random]
}

/// Beginning of a text, of at most `max` bytes.
fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
