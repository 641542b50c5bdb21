//! Bedrock's `Retrieve` as the search of the tool `kb_lookup`.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_bedrockagentruntime::Client;
use aws_sdk_bedrockagentruntime::config::Builder;
use aws_sdk_bedrockagentruntime::error::SdkError;
use aws_sdk_bedrockagentruntime::operation::retrieve::RetrieveError as ServiceError;
use aws_sdk_bedrockagentruntime::types::{
    KnowledgeBaseQuery, KnowledgeBaseRetrievalConfiguration, KnowledgeBaseRetrievalResult,
    KnowledgeBaseVectorSearchConfiguration, RetrievalResultLocation,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use backon::{ExponentialBuilder, Retryable};
use futures::FutureExt;
use longwire_core::error_chain::error_chain;
use longwire_tools::kb_lookup::MAX_PASSAGES;
use longwire_tools::kb_lookup::retrieve::{Passage, Retrieve, RetrieveError};
use tokio::time::{Instant, timeout};

/// Longest search, including retries: less than the time limit of the tool, so that the model learns that the
/// knowledge base did not answer.
const LIMIT: Duration = Duration::from_secs(9);

/// Longest attempt. An attempt that takes longer is not repeated, and its connection is not used again.
const ATTEMPT: Duration = Duration::from_secs(8);

/// Time within which an attempt must have failed to be repeated, so that the repetition has most of the limit.
const QUICK: Duration = Duration::from_secs(2);

/// Shortest pause before a repetition.
const PAUSE: Duration = Duration::from_millis(250);

/// Longest query, in characters; the rest is cut off.
const MAX_QUERY_CHARS: usize = 1_000;

/// Builds a client with the time limits of a search.
///
/// Retries of the SDK are disabled, because it also repeats a request that was not answered in time, with less time
/// for each.
pub fn client(shared: &SdkConfig) -> Client {
    let timeouts = shared.timeout_config().map(TimeoutConfig::to_builder);
    let timeouts = timeouts
        .unwrap_or_default()
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(LIMIT);
    let config = Builder::from(shared)
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

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

/// Searches, at most twice: a second time after a quick failure that has nothing to do with the query.
async fn search(client: &Client, id: String, query: &str) -> Result<Vec<Passage>, RetrieveError> {
    let text: String = query.chars().take(MAX_QUERY_CHARS).collect();
    let request = client
        .retrieve()
        .knowledge_base_id(id)
        .retrieval_query(KnowledgeBaseQuery::builder().text(text).build())
        .retrieval_configuration(configuration());
    let began = Instant::now();
    let once = ExponentialBuilder::new()
        .with_min_delay(PAUSE)
        .with_max_times(1)
        .with_jitter();
    let found = (|| request.clone().send())
        .retry(once)
        .when(|error| repeatable(error) && began.elapsed() < QUICK)
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

/// Tells whether the service was throttled or not reached.
fn repeatable<R>(error: &SdkError<ServiceError, R>) -> bool {
    match error {
        SdkError::DispatchFailure(failure) => !failure.is_timeout(),
        _ => error.code().is_some_and(is_throttled),
    }
}

fn is_throttled(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException" | "ServiceQuotaExceededException"
    )
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
        Some(code) if is_throttled(code) => RetrieveError::Throttled(detail),
        Some(
            "AccessDeniedException"
            | "ResourceNotFoundException"
            | "ValidationException"
            | "ConflictException",
        ) => RetrieveError::Refused(detail),
        _ => RetrieveError::Unavailable(detail),
    }
}
