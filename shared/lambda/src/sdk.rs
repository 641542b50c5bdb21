//! What all clients share: region, credentials, one HTTP client, time limits.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::SdkConfig;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept. A function is frozen between invocations, and a server may have
/// closed by then what still looks open here.
const IDLE: Duration = Duration::from_secs(20);

/// Loads what the clients share. Region and credentials come from the environment only, as Lambda sets
/// them: the metadata service would cost a second to be found missing. There are no time limits on whole
/// operations here, because a model's answer may take minutes; [`quick`] sets them for the small calls.
pub async fn load() -> SdkConfig {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .pool_idle_timeout(IDLE)
        .build_https();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .region(EnvironmentVariableRegionProvider::new())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
        .load()
        .await
}

/// The same with limits for small calls: `attempt` for each try, `whole` for all of them together.
pub fn quick(shared: &SdkConfig, attempt: Duration, whole: Duration) -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(whole)
        .build();
    shared.to_builder().timeout_config(limits).build()
}
