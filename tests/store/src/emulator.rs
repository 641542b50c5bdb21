//! Emulator of DynamoDB and SQS: that of a running stack, or one in memory. Each case has a table of its own, so that no sweep
//! finds the runs of another case.

use anyhow::{Context, Result};
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, TableDescription};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::memory::memory;

/// Endpoint of which the client in memory takes no notice.
const NOWHERE: &str = "http://localhost";

const REGION: &str = "us-east-1";

/// Emulator of DynamoDB and SQS.
#[derive(Debug, Clone)]
pub(crate) struct Emulator {
    endpoint: String,
    http: SharedHttpClient,
}

impl Emulator {
    /// Connects to the emulator at this endpoint, with a connection pool of its own.
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            http: Builder::new().build_http(),
        }
    }

    /// Makes an emulator in memory, with empty tables `threads` and `connections`.
    pub(crate) fn in_memory() -> Self {
        Self {
            endpoint: NOWHERE.to_owned(),
            http: memory(),
        }
    }

    /// HTTP client without fault injection.
    pub(crate) fn http(&self) -> SharedHttpClient {
        self.http.clone()
    }

    /// Client of DynamoDB that sends through `http`, without retries and timeouts.
    pub(crate) fn dynamodb(&self, http: SharedHttpClient) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config(http))
    }

    /// Client of SQS that sends through `http`, without retries and timeouts.
    pub(crate) fn sqs(&self, http: SharedHttpClient) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config(http))
    }

    /// Reads the description of a deployed table.
    pub(crate) async fn describe_table(&self, table: &str) -> Result<TableDescription> {
        let client = self.dynamodb(self.http());
        let described = client.describe_table().table_name(table).send().await;
        let table = described.context("describing the deployed table")?.table;
        table.context("the deployed table has no description")
    }

    /// Creates an empty table with the keys and indexes of a deployed one.
    pub(crate) async fn create_table(&self, table: &str, like: &TableDescription) -> Result<()> {
        let indexes = like.global_secondary_indexes().iter().map(|index| {
            GlobalSecondaryIndex::builder()
                .set_index_name(index.index_name.clone())
                .set_key_schema(index.key_schema.clone())
                .set_projection(index.projection.clone())
                .build()
        });
        let client = self.dynamodb(self.http());
        let request = client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(like.key_schema.clone())
            .set_attribute_definitions(like.attribute_definitions.clone())
            .set_global_secondary_indexes(Some(indexes.collect::<Result<_, _>>()?));
        request.send().await.context("creating a table")?;
        Ok(())
    }

    /// Deletes a table.
    pub(crate) async fn delete_table(&self, table: &str) -> Result<()> {
        let client = self.dynamodb(self.http());
        let request = client.delete_table().table_name(table);
        request.send().await.context("deleting a table")?;
        Ok(())
    }

    /// Returns the URL of the queue of this name. Creates the queue unless it exists.
    pub(crate) async fn create_queue(&self, name: &str) -> Result<String> {
        let client = self.sqs(self.http());
        let created = client.create_queue().queue_name(name).send().await;
        let url = created.context("creating a queue")?.queue_url;
        url.context("a new queue has no URL")
    }

    /// Deletes a queue.
    pub(crate) async fn delete_queue(&self, url: &str) -> Result<()> {
        let client = self.sqs(self.http());
        let request = client.delete_queue().queue_url(url);
        request.send().await.context("deleting a queue")?;
        Ok(())
    }

    /// Configuration without retries and timeouts, because the fault injector decides what happens to a request.
    fn config(&self, http: SharedHttpClient) -> SdkConfig {
        let credentials = Credentials::new("local", "local", None, None, "emulator");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http)
            .build()
    }
}
