//! The scenarios there are, and how often their faults have struck.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{builtin, definition::Scenario, fault::Fault};

/// How many different requests the counters of faults remember.
const COUNTED: usize = 10_000;

/// Scenarios by name: the built-in ones until others are put in their place.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<Contents>);

#[derive(Debug)]
struct Contents {
    scenarios: BTreeMap<String, Scenario>,
    struck: HashMap<(String, u64), u32>,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            scenarios: builtin::all(),
            struck: HashMap::new(),
        }
    }
}

impl Store {
    /// The scenario of that name.
    pub(crate) fn get(&self, name: &str) -> Option<Scenario> {
        self.contents().scenarios.get(name).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> BTreeMap<String, Scenario> {
        self.contents().scenarios.clone()
    }

    /// Adds or replaces one; its faults count from nothing.
    pub(crate) fn put(&self, name: String, scenario: Scenario) {
        let mut contents = self.contents();
        contents.struck.retain(|(of, _), _| *of != name);
        contents.scenarios.insert(name, scenario);
    }

    /// Takes one away; a built-in one is as shipped again. Says whether there was one.
    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut contents = self.contents();
        contents.struck.retain(|(of, _), _| of != name);
        let there = contents.scenarios.remove(name).is_some();
        if let Some(shipped) = builtin::all().remove(name) {
            contents.scenarios.insert(name.to_owned(), shipped);
        }
        there
    }

    /// Whether a fault strikes this request, which counts as one more time.
    pub(crate) fn strikes(&self, name: &str, fault: &Fault, request: &impl Hash) -> bool {
        let Some(times) = fault.times else {
            return true;
        };
        let mut hasher = DefaultHasher::new();
        request.hash(&mut hasher);
        let mut contents = self.contents();
        if contents.struck.len() >= COUNTED {
            contents.struck.clear();
        }
        let struck = contents
            .struck
            .entry((name.to_owned(), hasher.finish()))
            .or_default();
        *struck += 1;
        *struck <= times
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
