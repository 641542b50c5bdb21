//! Configuration of the AWS clients: region, credentials, HTTP client, time limits.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::env::{region, service_setting};

/// Time limit for opening a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Time an unused connection is kept. A function is frozen between invocations, and the server may have closed a
/// connection meanwhile that still looks open here.
const IDLE: Duration = Duration::from_secs(20);

/// Time limits of one call to an AWS service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTimeouts {
    /// Limit of each attempt.
    pub attempt: Duration,
    /// Limit of all attempts and the pauses between them.
    pub total: Duration,
}

impl CallTimeouts {
    /// Limits of functions that make a few short calls to tables and queues, and have a timeout of 10 s.
    pub const SHORT: Self = Self {
        attempt: Duration::from_secs(1),
        total: Duration::from_secs(3),
    };

    /// Limits of calls to tables and queues in functions that have a timeout of minutes.
    pub const LONG: Self = Self {
        attempt: Duration::from_secs(2),
        total: Duration::from_secs(5),
    };

    /// Copies a configuration and limits the calls of the copy. Both share one HTTP client.
    pub fn limit(self, config: &SdkConfig) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.total)
            .build();
        config.to_builder().timeout_config(timeouts).build()
    }
}

/// Makes the configuration for calls without a time limit, such as a model stream that takes minutes. Only opening a
/// connection is limited, to 2 s.
///
/// Region, credentials and addresses of stand-ins come from the environment only, as Lambda sets them. The SDK's own loader
/// also reads files and metadata services that a function does not have, and links a client of STS for them.
pub fn load() -> SdkConfig {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .pool_idle_timeout(IDLE)
        .build_https();
    let credentials = EnvironmentVariableCredentialsProvider::new();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .region(region().map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .service_config(ServiceSettings)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
        .build()
}

/// Settings of single services, in variables such as `AWS_ENDPOINT_URL_DYNAMODB` (AWS SDKs and Tools Reference Guide,
/// "Service-specific endpoints").
#[derive(Debug)]
struct ServiceSettings;

impl LoadServiceConfig for ServiceSettings {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        service_setting(key.env(), key.service_id())
    }
}

/// Makes the configuration of a function whose calls all have the same limits.
pub fn load_with(timeouts: CallTimeouts) -> SdkConfig {
    timeouts.limit(&load())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_beside_the_limit_of_connecting() {
        let config = SdkConfig::builder().build();
        let limited = CallTimeouts::SHORT.limit(&config);
        let timeouts = limited.timeout_config().expect("limits were set");
        assert_eq!(timeouts.connect_timeout(), Some(CONNECT));
        let attempt = timeouts.operation_attempt_timeout();
        assert_eq!(attempt, Some(Duration::from_secs(1)));
        assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(3)));
        assert!(config.timeout_config().is_none());
    }
}
