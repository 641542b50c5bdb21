//! Stable order of the keys in a request.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

/// Sorts the keys of the body. The SDK serializes documents from a hash map, so the schema of a tool would differ
/// from request to request, and the prompt cache would miss everything after it.
pub(super) fn sort_keys(request: &mut HttpRequest) {
    let body = request.body().bytes().map(serde_json::from_slice::<Value>);
    let Some(Ok(body)) = body else {
        // A body that is not JSON is left to Bedrock to refuse.
        return;
    };
    let body = sorted(body).to_string();
    request
        .headers_mut()
        .insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let entries = entries.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other,
    }
}
