//! The setting `TOOLS_ONCE`: tools whose calls a deployment does not repeat.

use crate::ALL;
use crate::repeat::Repeat;

/// Tools that a deployment marks as [`Repeat::Never`], whatever they declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Once(Vec<&'static str>);

/// Error of a list with a name that is no tool's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be names of tools with commas between them, of {}", names().collect::<Vec<_>>().join(", "))]
pub struct NoSuchTool;

fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|tool| tool.name)
}

impl TryFrom<String> for Once {
    type Error = NoSuchTool;

    /// Parses names that are separated by commas. The tools need not be offered.
    fn try_from(list: String) -> Result<Self, NoSuchTool> {
        let known = |name: &str| names().find(|known| *known == name);
        list.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| known(name).ok_or(NoSuchTool))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Once {
    /// Policy for calls of the tool `name`, which itself declares `declared`.
    pub(crate) fn apply(&self, name: &str, declared: Repeat) -> Repeat {
        if self.0.contains(&name) {
            Repeat::Never
        } else {
            declared
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &str) -> Result<Once, NoSuchTool> {
        Once::try_from(list.to_owned())
    }

    #[test]
    fn listed_tools_are_not_repeated() {
        let once = parse(" kb_lookup ,, current_time").expect("both are tools");
        assert_eq!(once.apply("kb_lookup", Repeat::Safe), Repeat::Never);
        assert_eq!(once.apply("get_weather", Repeat::Safe), Repeat::Safe);
        assert_eq!(once.apply("get_weather", Repeat::Never), Repeat::Never);
        assert_eq!(parse(""), Ok(Once::default()));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_names() {
        let error = parse("kb_lookup,send_mail").expect_err("there is no such tool");
        let known: Vec<_> = ALL.iter().map(|tool| tool.name).collect();
        let expected = format!(
            "must be names of tools with commas between them, of {}",
            known.join(", ")
        );
        assert_eq!(error.to_string(), expected);
    }
}
