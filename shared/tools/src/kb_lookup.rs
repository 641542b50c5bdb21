//! `kb_lookup`: what the deployment's knowledge base says.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Deps;
use crate::repeat::Repeat;

/// The most passages the model is given.
pub const MAX_PASSAGES: usize = 4;

/// The longest passage the model is given, in bytes. With sources, [`MAX_PASSAGES`] of them fit the 16 KB
/// that clients see of a result.
pub const MAX_PASSAGE_BYTES: usize = 3_800;

/// The longest source, in bytes.
const MAX_SOURCE_BYTES: usize = 200;

/// How much of the query people are shown, in bytes.
const MAX_SHOWN_BYTES: usize = 80;

/// Searches the knowledge base for the query; best passage first.
#[derive(Clone)]
pub struct Retrieve(Arc<Search>);

type Search =
    dyn Fn(String) -> BoxFuture<'static, Result<Vec<Passage>, RetrieveError>> + Send + Sync;

impl Retrieve {
    /// By this function.
    pub fn new(
        search: impl Fn(String) -> BoxFuture<'static, Result<Vec<Passage>, RetrieveError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(search))
    }
}

impl fmt::Debug for Retrieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Retrieve")
    }
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// What it says.
    pub text: String,
    /// Where it stands: a URL, an id, a name.
    pub source: String,
    /// How well it fits; the scale is the knowledge base's.
    pub score: Option<f64>,
}

/// Why nothing was retrieved. The texts inside are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetrieveError {
    /// Too many searches for now.
    #[error("the knowledge base is throttled: {0}")]
    Throttled(String),
    /// It is not there, not ours, or refused the query: the deployment is at fault.
    #[error("the knowledge base refused: {0}")]
    Refused(String),
    /// It did not answer.
    #[error("the knowledge base is unavailable: {0}")]
    Unavailable(String),
}

impl RetrieveError {
    /// What the model is told: no names, no numbers of the deployment.
    fn told(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "The knowledge base is too busy. Try again later.",
            Self::Refused(_) => "The knowledge base cannot be searched in this deployment.",
            Self::Unavailable(_) => "The knowledge base does not answer at the moment.",
        }
    }
}

/// What the model says.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Args {
    /// What to search for, in a few words or as a question.
    query: String,
}

/// The tool.
#[derive(Debug, Clone)]
pub struct KbLookup {
    retrieve: Retrieve,
}

impl KbLookup {
    pub const NAME: &str = "kb_lookup";
    pub const DESCRIPTION: &str = "Searches the knowledge base and returns the passages that fit best, each with its source. \
         Use it for questions about the company, its products and its rules, and name the sources you used.";
    pub const LIMIT: Duration = Duration::from_secs(10);
    pub const REPEAT: Repeat = Repeat::Safe;

    pub fn offered(deps: &Deps) -> Option<Self> {
        let retrieve = deps.retrieve.clone()?;
        Some(Self { retrieve })
    }

    pub fn status(args: &Args) -> String {
        let query = args.query.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = cut(&query, MAX_SHOWN_BYTES);
        format!("Searching the knowledge base for \"{shown}\"…")
    }

    pub async fn call(self, args: Args) -> Result<String, String> {
        if args.query.trim().is_empty() {
            return Err("The argument \"query\" is blank. Say what to search for.".to_owned());
        }
        let passages = (self.retrieve.0)(args.query).await.map_err(|error| {
            tracing::warn!(%error, "the knowledge base was not searched");
            error.told().to_owned()
        })?;
        Ok(answer(&passages))
    }
}

/// The passages as the model reads them.
fn answer(passages: &[Passage]) -> String {
    let shown = passages
        .iter()
        .filter(|passage| !passage.text.trim().is_empty());
    let shown: Vec<_> = shown.take(MAX_PASSAGES).enumerate().map(numbered).collect();
    if shown.is_empty() {
        return "The knowledge base has nothing on this.".to_owned();
    }
    shown.join("\n\n")
}

fn numbered((index, passage): (usize, &Passage)) -> String {
    let source = cut(&passage.source, MAX_SOURCE_BYTES);
    let text = cut(passage.text.trim(), MAX_PASSAGE_BYTES);
    format!("[{}] {source}\n{text}", index + 1)
}

/// The text, or as much of it as fits into so many bytes, with an ellipsis.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes - '…'.len_utf8());
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn passage(text: &str) -> Passage {
        Passage {
            text: text.to_owned(),
            source: "s3://docs/refunds.md".to_owned(),
            score: Some(0.7),
        }
    }

    fn args(query: &str) -> Args {
        Args {
            query: query.to_owned(),
        }
    }

    async fn ask(
        query: &str,
        found: Result<Vec<Passage>, RetrieveError>,
    ) -> Result<String, String> {
        let retrieve = Retrieve::new(move |_| futures::future::ready(found.clone()).boxed());
        KbLookup { retrieve }.call(args(query)).await
    }

    #[tokio::test]
    async fn the_four_best_passages_come_with_their_sources() {
        let found = ["one", " ", "two", "three", "four", "five"].map(passage);
        assert_eq!(
            ask("refunds", Ok(found[..3].to_vec())).await.as_deref(),
            Ok("[1] s3://docs/refunds.md\none\n\n[2] s3://docs/refunds.md\ntwo")
        );
        let all = ask("refunds", Ok(found.to_vec())).await.expect("found");
        assert!(all.contains("[4] s3://docs/refunds.md\nfour") && !all.contains("five"));
    }

    #[tokio::test]
    async fn long_passages_are_cut_between_characters_and_fit_the_wire() {
        let long = "ä".repeat(10_000);
        let text = ask("x", Ok(vec![passage(&long); 9])).await.expect("found");
        assert!(text.ends_with("ä…"));
        assert!(text.len() <= 16 * 1024, "{}", text.len());
    }

    #[tokio::test]
    async fn nothing_found_is_an_answer_and_a_failure_tells_no_secrets() {
        let nothing = ask("x", Ok(Vec::new())).await;
        assert_eq!(
            nothing.as_deref(),
            Ok("The knowledge base has nothing on this.")
        );
        let detail = "arn:aws:bedrock:us-east-1:123456789012:knowledge-base/KB1".to_owned();
        for error in [
            RetrieveError::Throttled(detail.clone()),
            RetrieveError::Refused(detail.clone()),
            RetrieveError::Unavailable(detail),
        ] {
            let told = ask("x", Err(error)).await.expect_err("failed");
            assert!(told.starts_with("The knowledge base") && !told.contains("1234"));
        }
        assert!(ask(" \n", Ok(Vec::new())).await.is_err());
    }

    #[test]
    fn people_see_what_is_searched_for() {
        let status = |query: &str| KbLookup::status(&args(query));
        assert_eq!(
            status("refund\n policy"),
            "Searching the knowledge base for \"refund policy\"…"
        );
        assert!(status(&"é".repeat(200)).ends_with("é…\"…"));
    }
}
