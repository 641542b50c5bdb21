//! The emulator, and a table of its own for each sequence, so that none sees another's sweep.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_dynamodb::config::{StalledStreamProtectionConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, TableDescription};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Where the emulator is.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    endpoint: String,
    http: SharedHttpClient,
}

impl Site {
    /// With connections of its own.
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            http: Builder::new().build_http(),
        }
    }

    /// What its requests go through when nothing happens to them.
    pub(crate) fn http(&self) -> SharedHttpClient {
        self.http.clone()
    }

    /// A client whose requests go through `http`. It neither repeats them nor limits their time: what becomes of
    /// them is decided there.
    pub(crate) fn dynamodb(&self, http: SharedHttpClient) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::from_static(REGION))
            .credentials_provider(credentials())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The same for the queue.
    pub(crate) fn sqs(&self, http: SharedHttpClient) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::from_static(REGION))
            .credentials_provider(credentials())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http);
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// The description of a deployed table.
    pub(crate) async fn describe(&self, table: &str) -> Result<TableDescription> {
        let client = self.dynamodb(self.http());
        let described = client.describe_table().table_name(table).send().await;
        let table = described.context("describing the deployed table")?.table;
        table.context("the deployed table has no description")
    }

    /// Makes an empty table with the keys and indexes of a deployed one.
    pub(crate) async fn create(&self, table: &str, like: &TableDescription) -> Result<()> {
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

    /// Takes a table away again.
    pub(crate) async fn remove(&self, table: &str) -> Result<()> {
        let client = self.dynamodb(self.http());
        let request = client.delete_table().table_name(table);
        request.send().await.context("removing a table")?;
        Ok(())
    }

    /// Makes a queue, or finds the one of that name.
    pub(crate) async fn queue(&self, name: &str) -> Result<String> {
        let client = self.sqs(self.http());
        let made = client.create_queue().queue_name(name).send().await;
        let url = made.context("creating a queue")?.queue_url;
        url.context("a new queue has no address")
    }

    /// Takes a queue away again.
    pub(crate) async fn remove_queue(&self, url: &str) -> Result<()> {
        let client = self.sqs(self.http());
        let request = client.delete_queue().queue_url(url);
        request.send().await.context("removing a queue")?;
        Ok(())
    }
}

const REGION: &str = "us-east-1";

fn credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "the emulator checks none")
}
