//! Reads a parameter.

use aws_sdk_ssm::Client;
use longwire_core::error_chain::error_chain;
use secrecy::SecretString;

/// Error of a read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The parameter was not read: it does not exist, the role may not read it, or the service failed.
    #[error("{0}")]
    NotRead(String),
    /// The parameter has no value.
    #[error("the parameter is empty")]
    Empty,
}

/// Reads a parameter, and decrypts it where it is encrypted. Without a version in the name, as in `name:version`, it is
/// the newest one ("GetParameter" in the Systems Manager API reference).
pub async fn read(client: &Client, name: &str) -> Result<SecretString, ReadError> {
    let request = client.get_parameter().name(name).with_decryption(true);
    let response = request.send().await;
    let response = response.map_err(|error| ReadError::NotRead(error_chain(&error)))?;
    let value = response.parameter.and_then(|parameter| parameter.value);
    let value = value.filter(|value| !value.is_empty());
    Ok(value.ok_or(ReadError::Empty)?.into())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ssm::config::retry::RetryConfig;
    use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_ssm::operation::get_parameter::{GetParameterError, GetParameterOutput};
    use aws_sdk_ssm::types::Parameter;
    use aws_sdk_ssm::types::error::ParameterVersionNotFound;
    use aws_smithy_mocks::{
        MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock,
    };
    use secrecy::ExposeSecret as _;

    use super::*;

    #[tokio::test]
    async fn a_parameter_is_read_with_its_version_and_decrypted() {
        let rule = mock!(Client::get_parameter)
            .match_requests(|get| get.name() == Some("/p:3") && get.with_decryption() == Some(true))
            .then_output(|| output("value"));
        let value = read(&client(&rule), "/p:3")
            .await
            .expect("the parameter exists");
        assert_eq!(value.expose_secret(), "value");
    }

    #[tokio::test]
    async fn a_parameter_without_a_value_is_an_error() {
        let rule = mock!(Client::get_parameter).then_output(|| output(""));
        let error = read(&client(&rule), "/p").await.expect_err("it is empty");
        assert_eq!(error, ReadError::Empty);
    }

    #[tokio::test]
    async fn the_error_names_what_the_service_says() {
        let gone = || ParameterVersionNotFound::builder().message("no such version");
        let rule = mock!(Client::get_parameter)
            .then_error(move || GetParameterError::ParameterVersionNotFound(gone().build()));
        let error = read(&client(&rule), "/p:9")
            .await
            .expect_err("there is none");
        assert!(error.to_string().contains("no such version"), "{error}");
    }

    fn output(value: &str) -> GetParameterOutput {
        let parameter = Parameter::builder().value(value).build();
        GetParameterOutput::builder().parameter(parameter).build()
    }

    /// Client that answers as the rule says. A second call fails the test.
    fn client(rule: &Rule) -> Client {
        let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::Sequential);
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(create_mock_http_client())
            .interceptor(mocks.with_rule(rule))
            .build();
        Client::from_conf(config)
    }
}
