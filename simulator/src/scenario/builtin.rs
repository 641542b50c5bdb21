//! The scenarios that are always there. Their names are a contract: tests elsewhere play them.

use std::collections::BTreeMap;

use super::definition::Scenario;

/// Name and file of each; a file is one scenario, or one object of several by name.
const SHIPPED: [&str; 5] = [
    include_str!("../../scenarios/text.json"),
    include_str!("../../scenarios/tools.json"),
    include_str!("../../scenarios/reasoning.json"),
    include_str!("../../scenarios/stops.json"),
    include_str!("../../scenarios/faults.json"),
];

/// Recorded rhythms.
const RECORDED: [(&str, &str); 2] = [
    (
        "recording-steady",
        include_str!("../../recordings/steady.json"),
    ),
    (
        "recording-burst",
        include_str!("../../recordings/burst.json"),
    ),
];

/// All of them by name.
pub(crate) fn all() -> BTreeMap<String, Scenario> {
    let shipped = SHIPPED.iter().flat_map(|file| {
        serde_json::from_str::<BTreeMap<String, Scenario>>(file)
            .expect("a shipped file holds scenarios; a test reads it")
    });
    let recorded = RECORDED.iter().map(|(name, file)| {
        let scenario =
            serde_json::from_str(file).expect("a shipped recording is a scenario; a test reads it");
        ((*name).to_owned(), scenario)
    });
    shipped.chain(recorded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_makes_sense_and_says_what_it_is_for() {
        let all = all();
        assert!(all.len() >= 30, "{}", all.len());
        for (name, scenario) in all {
            assert_eq!(scenario.check(), Ok(()), "{name}");
            assert!(scenario.about.is_some(), "{name}");
        }
    }

    #[test]
    fn the_readme_names_them_all() {
        let readme = include_str!("../../README.md");
        for name in all().keys() {
            assert!(readme.contains(&format!("`{name}`")), "{name}");
        }
    }
}
