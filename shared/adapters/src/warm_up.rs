//! Requests that open the connections of the clients. Each is permitted, and refused by its service before it has an
//! effect or a price. Failures are ignored.

use aws_sdk_bedrockagentruntime::types::{
    KnowledgeBaseQuery, KnowledgeBaseRetrievalConfiguration, KnowledgeBaseVectorSearchConfiguration,
};
use aws_sdk_bedrockruntime::types::{ConversationRole, Message};

/// Asks a model for the answer to a message without content, which Bedrock refuses.
pub async fn model(client: &aws_sdk_bedrockruntime::Client, model_id: &str) {
    let message = Message::builder()
        .role(ConversationRole::User)
        .set_content(Some(Vec::new()))
        .build();
    let Ok(message) = message else {
        return;
    };
    let request = client.converse_stream().model_id(model_id);
    let _ = request.messages(message).send().await;
}

/// Asks a knowledge base for no results, which Bedrock refuses: it takes 1 to 100
/// ("KnowledgeBaseVectorSearchConfiguration").
pub async fn knowledge_base(client: &aws_sdk_bedrockagentruntime::Client, id: &str) {
    let search = KnowledgeBaseVectorSearchConfiguration::builder()
        .number_of_results(0)
        .build();
    let configuration = KnowledgeBaseRetrievalConfiguration::builder()
        .vector_search_configuration(search)
        .build();
    let _ = client
        .retrieve()
        .knowledge_base_id(id)
        .retrieval_query(KnowledgeBaseQuery::builder().text("-").build())
        .retrieval_configuration(configuration)
        .send()
        .await;
}
