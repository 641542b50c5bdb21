//! Built-in scenarios. Their names are stable, because tests outside this crate play them.

use std::collections::BTreeMap;

use super::definition::Scenario;

/// Files of scenarios; each holds a JSON object of scenarios by name.
const SCENARIOS: [&str; 5] = [
    include_str!("../../scenarios/text.json"),
    include_str!("../../scenarios/tools.json"),
    include_str!("../../scenarios/reasoning.json"),
    include_str!("../../scenarios/stops.json"),
    include_str!("../../scenarios/faults.json"),
];

/// Names and files of recordings; each file holds one scenario.
const RECORDINGS: [(&str, &str); 2] = [
    (
        "recording-steady",
        include_str!("../../recordings/steady.json"),
    ),
    (
        "recording-burst",
        include_str!("../../recordings/burst.json"),
    ),
];

/// Returns the built-in scenarios by name.
pub(crate) fn all() -> BTreeMap<String, Scenario> {
    let scenarios = SCENARIOS.iter().flat_map(|file| {
        serde_json::from_str::<BTreeMap<String, Scenario>>(file)
            .expect("a built-in file holds scenarios; a test parses it")
    });
    let recorded = RECORDINGS.iter().map(|(name, file)| {
        let scenario =
            serde_json::from_str(file).expect("a recording is a scenario; a test parses it");
        ((*name).to_owned(), scenario)
    });
    scenarios.chain(recorded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_scenarios_are_valid_and_have_a_description() {
        let all = all();
        assert!(all.len() >= 30, "{}", all.len());
        for (name, scenario) in all {
            assert_eq!(scenario.validate(), Ok(()), "{name}");
            assert!(scenario.about.is_some(), "{name}");
        }
    }

    #[test]
    fn readme_lists_every_built_in_scenario() {
        let readme = include_str!("../../README.md");
        for name in all().keys() {
            assert!(readme.contains(&format!("`{name}`")), "{name}");
        }
    }
}
