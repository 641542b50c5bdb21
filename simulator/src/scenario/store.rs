//! Scenarios by name, and the counters of their faults.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{builtin, definition::Scenario, fault::Fault};

/// Maximum number of counters; at the limit all are reset.
const MAX_COUNTERS: usize = 10_000;

/// Built-in and added scenarios; an added one replaces a built-in one of the same name.
#[derive(Debug, Default)]
pub(crate) struct ScenarioStore(Mutex<Contents>);

#[derive(Debug)]
struct Contents {
    scenarios: BTreeMap<String, Scenario>,
    /// Number of requests by scenario name and hash of the request.
    fault_counters: HashMap<(String, u64), u32>,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            scenarios: builtin::all(),
            fault_counters: HashMap::new(),
        }
    }
}

impl ScenarioStore {
    /// Returns a scenario.
    pub(crate) fn get(&self, name: &str) -> Option<Scenario> {
        self.contents().scenarios.get(name).cloned()
    }

    /// Returns all scenarios.
    pub(crate) fn all(&self) -> BTreeMap<String, Scenario> {
        self.contents().scenarios.clone()
    }

    /// Adds or replaces a scenario and resets the counters of its faults.
    pub(crate) fn insert(&self, name: String, scenario: Scenario) {
        let mut contents = self.contents();
        contents.fault_counters.retain(|(of, _), _| *of != name);
        contents.scenarios.insert(name, scenario);
    }

    /// Removes a scenario and restores a built-in one of that name. Returns `false` for an unknown name.
    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut contents = self.contents();
        contents.fault_counters.retain(|(of, _), _| of != name);
        let existed = contents.scenarios.remove(name).is_some();
        if let Some(built_in) = builtin::all().remove(name) {
            contents.scenarios.insert(name.to_owned(), built_in);
        }
        existed
    }

    /// Counts the request and returns `true` if the fault applies to it.
    pub(crate) fn fault_applies(&self, name: &str, fault: &Fault, request: &impl Hash) -> bool {
        let Some(times) = fault.times else {
            return true;
        };
        let mut hasher = DefaultHasher::new();
        request.hash(&mut hasher);
        let mut contents = self.contents();
        if contents.fault_counters.len() >= MAX_COUNTERS {
            contents.fault_counters.clear();
        }
        let count = contents
            .fault_counters
            .entry((name.to_owned(), hasher.finish()))
            .or_default();
        *count += 1;
        *count <= times
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
