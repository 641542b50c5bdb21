//! Bedrock's `Retrieve` as the search of the tool `kb_lookup`.

use std::time::Duration;

use aws_sdk_bedrockagentruntime::Client;
use aws_sdk_bedrockagentruntime::error::SdkError;
use aws_sdk_bedrockagentruntime::operation::retrieve::RetrieveError as ServiceError;
use aws_sdk_bedrockagentruntime::types::{
    KnowledgeBaseQuery, KnowledgeBaseRetrievalConfiguration, KnowledgeBaseRetrievalResult,
    KnowledgeBaseVectorSearchConfiguration, RetrievalResultLocation,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::FutureExt;
use longwire_core::error_chain::error_chain;
use longwire_tools::kb_lookup::MAX_PASSAGES;
use longwire_tools::kb_lookup::retrieve::{Passage, Retrieve, RetrieveError};
use tokio::time::timeout;

/// Longest search, including retries: less than the time limit of the tool, so that the model learns that the
/// knowledge base did not answer.
const LIMIT: Duration = Duration::from_secs(9);

/// Longest query, in characters; the rest is cut off.
const MAX_QUERY_CHARS: usize = 1_000;

/// Makes the search in this knowledge base.
pub fn retrieve(client: Client, knowledge_base_id: impl Into<String>) -> Retrieve {
    let id = knowledge_base_id.into();
    Retrieve::new(move |query| {
        let (client, id) = (client.clone(), id.clone());
        async move {
            let timed_out = |_| RetrieveError::Unavailable(format!("no answer within {LIMIT:?}"));
            let search = search(&client, id, &query);
            timeout(LIMIT, search).await.map_err(timed_out)?
        }
        .boxed()
    })
}

async fn search(client: &Client, id: String, query: &str) -> Result<Vec<Passage>, RetrieveError> {
    let text: String = query.chars().take(MAX_QUERY_CHARS).collect();
    let found = client
        .retrieve()
        .knowledge_base_id(id)
        .retrieval_query(KnowledgeBaseQuery::builder().text(text).build())
        .retrieval_configuration(configuration())
        .send()
        .await
        .map_err(|error| retrieve_error(&error))?;
    Ok(found.retrieval_results.into_iter().map(passage).collect())
}

/// Asks for as many results as the tool returns.
fn configuration() -> KnowledgeBaseRetrievalConfiguration {
    let number = i32::try_from(MAX_PASSAGES).unwrap_or(i32::MAX);
    let search = KnowledgeBaseVectorSearchConfiguration::builder()
        .number_of_results(number)
        .build();
    KnowledgeBaseRetrievalConfiguration::builder()
        .vector_search_configuration(search)
        .build()
}

fn passage(result: KnowledgeBaseRetrievalResult) -> Passage {
    let source = result.location.and_then(source).or(result.document_id);
    Passage {
        text: result
            .content
            .map(|content| content.text)
            .unwrap_or_default(),
        source: source.unwrap_or_else(|| "unknown source".to_owned()),
        score: result.score,
    }
}

/// Source of a passage, by kind of data source.
fn source(location: RetrievalResultLocation) -> Option<String> {
    None.or(location.s3_location.and_then(|l| l.uri))
        .or(location.web_location.and_then(|l| l.url))
        .or(location.confluence_location.and_then(|l| l.url))
        .or(location.salesforce_location.and_then(|l| l.url))
        .or(location.share_point_location.and_then(|l| l.url))
        .or(location.one_drive_location.and_then(|l| l.url))
        .or(location.google_drive_location.and_then(|l| l.url))
        .or(location.kendra_document_location.and_then(|l| l.uri))
        .or(location.custom_document_location.and_then(|l| l.id))
        .or(location.sql_location.and_then(|l| l.query))
}

/// Converts an error of `Retrieve`.
fn retrieve_error<R: std::fmt::Debug + 'static>(
    error: &SdkError<ServiceError, R>,
) -> RetrieveError {
    let detail = error_chain(error);
    match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        Some("ThrottlingException" | "ServiceQuotaExceededException") => {
            RetrieveError::Throttled(detail)
        }
        Some(
            "AccessDeniedException"
            | "ResourceNotFoundException"
            | "ValidationException"
            | "ConflictException",
        ) => RetrieveError::Refused(detail),
        _ => RetrieveError::Unavailable(detail),
    }
}
