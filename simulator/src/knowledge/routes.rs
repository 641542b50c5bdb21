//! `POST /knowledgebases/{id}/retrieve` ("API_agent-runtime_Retrieve").

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::index::Hit;
use crate::{
    bad_request::{BadRequest, parse},
    error::{AwsError, ErrorKind},
    ids,
    state::Simulator,
};

/// Default of `numberOfResults` ("API_agent-runtime_KnowledgeBaseVectorSearchConfiguration").
const DEFAULT_RESULTS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    retrieval_query: Query,
    #[serde(default)]
    retrieval_configuration: Configuration,
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default)]
    vector_search_configuration: VectorSearch,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VectorSearch {
    number_of_results: Option<usize>,
}

pub(crate) async fn retrieve(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    match search(&simulator, &id, &body) {
        Ok(results) => Json(json!({ "retrievalResults": results })).into_response(),
        Err(error) => error.into_response(),
    }
}

fn search(simulator: &Simulator, id: &str, body: &[u8]) -> Result<Vec<Value>, AwsError> {
    let request: Request =
        parse(body).map_err(|BadRequest(reason)| AwsError::validation(reason))?;
    if id != ids::KNOWLEDGE_BASE {
        let message = format!("Knowledge Base with id {id} does not exist");
        return Err(AwsError {
            kind: ErrorKind::ResourceNotFound,
            message,
        });
    }
    let text = request.retrieval_query.text;
    if text.trim().is_empty() || text.chars().count() > 1_000 {
        return Err(AwsError::validation(
            "retrievalQuery.text must have length between 1 and 1000",
        ));
    }
    let limit = request
        .retrieval_configuration
        .vector_search_configuration
        .number_of_results
        .unwrap_or(DEFAULT_RESULTS);
    if !(1..=100).contains(&limit) {
        return Err(AwsError::validation(
            "numberOfResults must be between 1 and 100",
        ));
    }
    Ok(simulator
        .knowledge
        .search(&text, limit)
        .iter()
        .map(result_json)
        .collect())
}

fn result_json(hit: &Hit<'_>) -> Value {
    let uri = format!("s3://simulator-knowledge/{}", hit.passage.document);
    json!({
        "content": { "type": "TEXT", "text": hit.passage.text },
        "location": { "type": "S3", "s3Location": { "uri": uri } },
        "metadata": { "x-amz-bedrock-kb-source-uri": uri },
        "score": hit.score,
    })
}
