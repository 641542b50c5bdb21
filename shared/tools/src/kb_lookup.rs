//! `kb_lookup`: a search in the knowledge base of the deployment.

pub mod retrieve;

use std::time::Duration;

use longwire_core::text::ellipsis;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::approval::Approval;
use crate::arguments::schema;
use crate::deps::Deps;
use crate::kb_lookup::retrieve::{Passage, Retrieve};
use crate::repeat::Repeat;
use crate::tool::{Prepare, Tool, prepare};

pub(crate) const TOOL: Tool = Tool {
    name: "kb_lookup",
    description: "Searches the knowledge base and returns the passages that fit best, each with its source. \
         Use it for questions about the company, its products and its rules, and name the sources you used.",
    schema: schema::<Args>,
    limit: Duration::from_secs(10),
    repeat: Repeat::Safe,
    approval: Approval::Never,
    approval_group: None,
    offered,
};

/// Most passages of a result.
pub const MAX_PASSAGES: usize = 4;

/// Longest passage, in bytes. [`MAX_PASSAGES`] of them, with their sources, fit into the 16 KB of a result that
/// clients receive.
const MAX_PASSAGE_BYTES: usize = 3_800;

/// Longest source, in bytes.
const MAX_SOURCE_BYTES: usize = 200;

/// Longest query in the status, in bytes.
const MAX_STATUS_BYTES: usize = 80;

/// Arguments.
#[derive(Debug, Deserialize, JsonSchema)]
struct Args {
    /// What to search for, in a few words or as a question.
    query: String,
}

fn offered(deps: &Deps) -> Option<Prepare> {
    let retrieve = deps.retrieve.clone()?;
    Some(prepare(status, move |args| call(retrieve.clone(), args)))
}

fn status(args: &Args) -> String {
    let query = args.query.split_whitespace().collect::<Vec<_>>().join(" ");
    let query = ellipsis(&query, MAX_STATUS_BYTES);
    format!("Searching the knowledge base for \"{query}\"…")
}

async fn call(retrieve: Retrieve, args: Args) -> Result<String, String> {
    if args.query.trim().is_empty() {
        return Err("The argument \"query\" is blank. Say what to search for.".to_owned());
    }
    let passages = retrieve.search(args.query).await.map_err(|error| {
        tracing::warn!(
            event = "tool_backend_failed",
            tool = TOOL.name,
            error = %error,
            "the knowledge base failed"
        );
        error.message().to_owned()
    })?;
    Ok(result(&passages))
}

/// Text of the result: the first passages that are not blank, numbered.
fn result(passages: &[Passage]) -> String {
    let passages = passages
        .iter()
        .filter(|passage| !passage.text.trim().is_empty());
    let numbered: Vec<_> = passages
        .take(MAX_PASSAGES)
        .enumerate()
        .map(numbered)
        .collect();
    if numbered.is_empty() {
        return "The knowledge base has nothing on this.".to_owned();
    }
    numbered.join("\n\n")
}

fn numbered((index, passage): (usize, &Passage)) -> String {
    let source = ellipsis(&passage.source, MAX_SOURCE_BYTES);
    let text = ellipsis(passage.text.trim(), MAX_PASSAGE_BYTES);
    format!("[{}] {source}\n{text}", index + 1)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::kb_lookup::retrieve::RetrieveError;

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
        call(retrieve, args(query)).await
    }

    #[tokio::test]
    async fn the_four_best_passages_are_returned_with_their_sources() {
        let found = ["one", " ", "two", "three", "four", "five"].map(passage);
        assert_eq!(
            ask("refunds", Ok(found[..3].to_vec())).await.as_deref(),
            Ok("[1] s3://docs/refunds.md\none\n\n[2] s3://docs/refunds.md\ntwo")
        );
        let all = ask("refunds", Ok(found.to_vec())).await.expect("found");
        assert!(all.contains("[4] s3://docs/refunds.md\nfour") && !all.contains("five"));
    }

    #[tokio::test]
    async fn long_passages_are_cut_between_characters_and_fit_into_a_result() {
        let long = "ä".repeat(10_000);
        let text = ask("x", Ok(vec![passage(&long); 9])).await.expect("found");
        assert!(text.ends_with("ä…"));
        assert!(text.len() <= 16 * 1024, "{}", text.len());
    }

    #[tokio::test]
    async fn no_passage_is_an_answer_and_a_failure_contains_no_details() {
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
            let message = ask("x", Err(error)).await.expect_err("failed");
            assert!(message.starts_with("The knowledge base") && !message.contains("1234"));
        }
        assert!(ask(" \n", Ok(Vec::new())).await.is_err());
    }

    #[test]
    fn the_status_contains_the_query() {
        let status = |query: &str| super::status(&args(query));
        assert_eq!(
            status("refund\n policy"),
            "Searching the knowledge base for \"refund policy\"…"
        );
        assert!(status(&"é".repeat(200)).ends_with("é…\"…"));
    }
}
