//! Whether a call may be made twice.

use crate::Tool;

/// Whether a call may be made once more by the worker that takes over from one that died during it: nobody
/// knows then what it has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It only reads, or doing it twice is the same as once.
    Safe,
    /// It is never begun twice. The step is stored before its calls are made, which costs a write.
    Never,
}

/// Tools that a deployment marks [`Repeat::Never`], whatever they say themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Once(Vec<&'static str>);

/// A name in the list is no tool's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be names of tools with commas between them, of {}", Tool::NAMES.join(", "))]
pub struct NoSuchTool;

impl TryFrom<String> for Once {
    type Error = NoSuchTool;

    /// Reads names with commas between them. A tool that is not offered may be named.
    fn try_from(list: String) -> Result<Self, NoSuchTool> {
        let known = |name: &str| Tool::NAMES.iter().copied().find(|known| *known == name);
        list.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| known(name).ok_or(NoSuchTool))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Once {
    /// Whether calls of this tool may be repeated, when the tool itself says `own`.
    pub(super) fn over(&self, name: &str, own: Repeat) -> Repeat {
        if self.0.contains(&name) {
            Repeat::Never
        } else {
            own
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Result<Once, NoSuchTool> {
        Once::try_from(list.to_owned())
    }

    #[test]
    fn a_deployment_marks_tools_by_their_names() {
        let once = read(" kb_lookup ,, current_time").expect("both are tools");
        assert_eq!(once.over("kb_lookup", Repeat::Safe), Repeat::Never);
        assert_eq!(once.over("get_weather", Repeat::Safe), Repeat::Safe);
        assert_eq!(once.over("get_weather", Repeat::Never), Repeat::Never);
        assert_eq!(read(""), Ok(Once::default()));
    }

    #[test]
    fn a_name_that_is_no_tools_is_refused_with_those_that_are() {
        let error = read("kb_lookup,send_mail").expect_err("there is no such tool");
        assert_eq!(
            error.to_string(),
            "must be names of tools with commas between them, of get_weather, kb_lookup, current_time"
        );
    }
}
