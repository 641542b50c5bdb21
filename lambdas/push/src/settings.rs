//! Settings of the deployment.

use std::collections::BTreeSet;

use longwire_core::limits::LimitPolicy;
use longwire_identity::mode::Mode;
use longwire_store::threads::life::ThreadLife;

/// Beginning of the sources that no list may contain: those of the deployment's own events.
const OWN: &str = "longwire.";

/// Settings of the deployment for this function.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Way in which the deployment identifies its users.
    pub auth: Mode,
    /// Sources of EventBridge whose events may start runs.
    pub prompt_sources: PromptSources,
    /// Limits of what users may spend.
    pub limits: LimitPolicy,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

/// Sources of EventBridge whose events may start runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PromptSources(BTreeSet<String>);

/// Error of a list with a source that may not start runs.
#[derive(Debug, thiserror::Error)]
#[error("must be sources of EventBridge, separated by commas, none of which begins with \"{OWN}\"")]
pub(crate) struct BadSources;

impl TryFrom<String> for PromptSources {
    type Error = BadSources;

    fn try_from(list: String) -> Result<Self, BadSources> {
        let sources = list.split(',').map(|source| source.trim().to_owned());
        let sources: BTreeSet<String> = sources.collect();
        let legal = |source: &String| !source.is_empty() && !source.starts_with(OWN);
        sources
            .iter()
            .all(legal)
            .then_some(Self(sources))
            .ok_or(BadSources)
    }
}

impl PromptSources {
    /// Tells whether events of this source may start runs.
    pub(crate) fn contain(&self, source: &str) -> bool {
        self.0.contains(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(list: &str) -> Result<PromptSources, BadSources> {
        PromptSources::try_from(list.to_owned())
    }

    #[test]
    fn only_listed_sources_are_contained() {
        let sources = sources("com.acme.orders, com.acme.mail").expect("a list");
        assert!(sources.contain("com.acme.orders") && sources.contain("com.acme.mail"));
        assert!(!sources.contain("com.acme") && !PromptSources::default().contain(""));
    }

    #[test]
    fn the_events_of_the_deployment_itself_cannot_be_listed() {
        for bad in ["longwire.runs", "com.acme,longwire.x", "com.acme,,x"] {
            assert!(sources(bad).is_err(), "{bad}");
        }
    }
}
