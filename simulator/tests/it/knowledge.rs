//! `Retrieve` of the Knowledge Base.

use aws_sdk_bedrockagentruntime::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::ProvideErrorMetadata,
    operation::retrieve::{RetrieveError, RetrieveOutput},
    types::{
        KnowledgeBaseQuery, KnowledgeBaseRetrievalConfiguration,
        KnowledgeBaseVectorSearchConfiguration, RetrievalResultLocationType,
    },
};
use simulator::{ids::KNOWLEDGE_BASE, options::Options};

use crate::harness::simulator::Simulator;

#[tokio::test]
async fn best_passage_is_first_and_has_its_source() {
    let simulator = Simulator::start().await;
    for (question, document, words) in [
        (
            "How long does a refund take?",
            "returns.md",
            "within 5 working days",
        ),
        (
            "Does express shipping cost extra?",
            "shipping.md",
            "Express shipping costs 12.50",
        ),
        (
            "Is there a lifetime warranty on backpacks?",
            "warranty.md",
            "lifetime warranty",
        ),
        ("I forgot my password", "accounts.md", "Forgotten password"),
        (
            "When is the shop open on Saturday?",
            "opening-hours.md",
            "Saturday from 9:00",
        ),
    ] {
        let output = retrieve(&simulator, KNOWLEDGE_BASE, question, 3)
            .await
            .unwrap();
        let best = &output.retrieval_results[0];
        assert!(
            best.content.as_ref().unwrap().text.contains(words),
            "{question}: {best:?}"
        );
        let location = best.location.as_ref().unwrap();
        assert_eq!(location.r#type, RetrievalResultLocationType::S3);
        let uri = location.s3_location.as_ref().unwrap().uri.clone().unwrap();
        assert_eq!(
            uri,
            format!("s3://simulator-knowledge/{document}"),
            "{question}"
        );
        let scores: Vec<f64> = output
            .retrieval_results
            .iter()
            .map(|result| result.score.unwrap())
            .collect();
        assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
        assert!(
            scores.iter().all(|score| (0.0..1.0).contains(score)),
            "{scores:?}"
        );
    }
}

#[tokio::test]
async fn number_of_results_is_limited_and_unknown_words_have_no_result() {
    let simulator = Simulator::start().await;
    for limit in [1, 2] {
        let output = retrieve(
            &simulator,
            KNOWLEDGE_BASE,
            "shipping costs and repairs",
            limit,
        )
        .await
        .unwrap();
        assert_eq!(
            output.retrieval_results.len(),
            usize::try_from(limit).unwrap()
        );
    }
    let output = retrieve(&simulator, KNOWLEDGE_BASE, "xylophone zeppelin", 5)
        .await
        .unwrap();
    assert_eq!(output.retrieval_results.len(), 0);
}

#[tokio::test]
async fn unknown_knowledge_base_and_invalid_parameters_are_rejected() {
    let simulator = Simulator::start().await;
    let unknown = retrieve(&simulator, "KBOTHER001", "refund", 3)
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Some("ResourceNotFoundException"));
    for (question, limit) in [("", 3), (" ", 3), ("refund", 0), ("refund", 101)] {
        let error = retrieve(&simulator, KNOWLEDGE_BASE, question, limit)
            .await
            .unwrap_err();
        assert_eq!(
            error.code(),
            Some("ValidationException"),
            "{question} {limit}"
        );
    }
}

#[tokio::test]
async fn folder_replaces_the_built_in_documents() {
    let folder = std::env::temp_dir().join(format!("simulator-knowledge-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("bees.md"),
        "# Bees\n\n## Honey\n\nHoney never spoils.\n",
    )
    .unwrap();
    std::fs::write(folder.join("ignored.txt"), "honey honey honey").unwrap();
    let simulator = Simulator::start_with(Options {
        knowledge: Some(folder.clone()),
        ..Options::default()
    })
    .await;
    let output = retrieve(&simulator, KNOWLEDGE_BASE, "honey", 5)
        .await
        .unwrap();
    let texts: Vec<&str> = output
        .retrieval_results
        .iter()
        .map(|result| result.content.as_ref().unwrap().text.as_str())
        .collect();
    assert_eq!(texts, ["# Bees\n\n## Honey\n\nHoney never spoils."]);
    std::fs::remove_dir_all(folder).unwrap();
}

async fn retrieve(
    simulator: &Simulator,
    id: &str,
    question: &str,
    limit: i32,
) -> Result<RetrieveOutput, RetrieveError> {
    let config = aws_sdk_bedrockagentruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .endpoint_url(&simulator.url);
    let search = KnowledgeBaseVectorSearchConfiguration::builder()
        .number_of_results(limit)
        .build();
    let configuration = KnowledgeBaseRetrievalConfiguration::builder()
        .vector_search_configuration(search)
        .build();
    Client::from_conf(config.build())
        .retrieve()
        .knowledge_base_id(id)
        .retrieval_query(KnowledgeBaseQuery::builder().text(question).build())
        .retrieval_configuration(configuration)
        .send()
        .await
        .map_err(aws_sdk_bedrockagentruntime::error::SdkError::into_service_error)
}
