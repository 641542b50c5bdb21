//! The search that `kb_lookup` uses.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

/// Search in the knowledge base: takes a query, returns passages, the best first. Cheap to clone.
#[derive(Clone)]
pub struct Retrieve(Arc<Search>);

type Search =
    dyn Fn(String) -> BoxFuture<'static, Result<Vec<Passage>, RetrieveError>> + Send + Sync;

impl Retrieve {
    /// Wraps a function.
    pub fn new(
        search: impl Fn(String) -> BoxFuture<'static, Result<Vec<Passage>, RetrieveError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(search))
    }

    /// Searches for a query.
    pub(super) async fn search(&self, query: String) -> Result<Vec<Passage>, RetrieveError> {
        (self.0)(query).await
    }
}

impl fmt::Debug for Retrieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Retrieve")
    }
}

/// Passage of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Text of the passage.
    pub text: String,
    /// Source of the passage: a URL, an id or a name.
    pub source: String,
    /// Relevance; its scale depends on the knowledge base.
    pub score: Option<f64>,
}

/// Error of a search. The texts inside are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetrieveError {
    /// A quota is exceeded for now.
    #[error("the knowledge base is throttled: {0}")]
    Throttled(String),
    /// The knowledge base does not exist, denies access, or refused the query.
    #[error("the knowledge base refused: {0}")]
    Refused(String),
    /// The knowledge base did not answer.
    #[error("the knowledge base is unavailable: {0}")]
    Unavailable(String),
}

impl RetrieveError {
    /// Text for the model, without names or ids of the deployment.
    pub(super) fn message(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "The knowledge base is too busy. Try again later.",
            Self::Refused(_) => "The knowledge base cannot be searched in this deployment.",
            Self::Unavailable(_) => "The knowledge base does not answer at the moment.",
        }
    }
}
