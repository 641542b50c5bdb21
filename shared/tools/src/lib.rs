//! Tools that the model may call: a closed set, one file each (docs/tools.md describes how to add one).
//!
//! A failure of a tool is no error of the agent. A call of an unknown tool, invalid arguments, a failure, a panic
//! and an exceeded time limit become results, and the model continues from there.

mod current_time;
pub mod get_weather;
pub mod kb_lookup;

mod tool;

pub mod approval;
pub mod deps;
pub mod once;
pub mod repeat;
pub mod toolbox;

mod arguments;
pub mod call;
pub mod guard;
pub mod web;

use crate::tool::Tool;

/// All tools, in the order in which the model reads them.
const ALL: &[Tool] = &[get_weather::TOOL, kb_lookup::TOOL, current_time::TOOL];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use longwire_core::tool::SERVER_TOOLS;

    use super::*;

    #[test]
    fn clients_cannot_take_the_name_of_a_tool() {
        let names: BTreeSet<_> = ALL.iter().map(|tool| tool.name).collect();
        assert_eq!(names, BTreeSet::from(SERVER_TOOLS));
    }
}
