//! Token counts by family.

use futures::TryStreamExt;
use longwire_adapters::bedrock::settings::Settings;
use longwire_agent::model::{Delta, Model};

use crate::bedrock::server::{Server, event};
use crate::bedrock::{message_stop, request};

/// Input tokens of a reply whose metadata names 4,993 of them and 4,992 tokens read from the cache.
async fn input_tokens(model_id: &str) -> Option<u64> {
    let metadata = r#"{"usage":{"inputTokens":4993,"outputTokens":2,"totalTokens":4995,"cacheReadInputTokens":4992},"metrics":{"latencyMs":1}}"#;
    let chunks = vec![message_stop("end_turn"), event("metadata", metadata)];
    let server = Server::sending(chunks).await;
    let bedrock = server.bedrock_with(Settings::new(model_id));
    let stream = bedrock.stream(request()).await.expect("a reply");
    let deltas: Vec<_> = stream.try_collect().await.expect("no error");
    deltas.iter().find_map(|delta| match delta {
        Delta::Metadata { usage, .. } => usage.map(|usage| usage.input_tokens),
        _ => None,
    })
}

#[tokio::test]
async fn input_tokens_do_not_contain_those_of_the_cache() {
    assert_eq!(input_tokens("openai.gpt-5.6").await, Some(1));
    assert_eq!(input_tokens("openai.gpt-oss-20b-1:0").await, Some(1));
    assert_eq!(
        input_tokens("anthropic.claude-sonnet-5-5").await,
        Some(4993)
    );
}
