//! System prompt of the deployment: in an environment variable, or in a parameter of Systems Manager where it is too long
//! for one.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_ssm::Client;
use longwire_lambda::env::optional;
use longwire_lambda::sdk::CallTimeouts;
use longwire_parameters::read::read;
use secrecy::ExposeSecret as _;

/// Prompt of a deployment that sets none.
const DEFAULT: &str = "You are a helpful assistant. Use the tools you are given when they help.";

/// Limit of the bytes of a prompt: that of a parameter ("Managing parameter tiers" in the Systems Manager user guide).
const LIMIT: usize = 8192;

/// Limits of the read of the parameter. The initialisation of a function has 10 s ("Lambda execution environment lifecycle").
pub(crate) const READ: CallTimeouts = CallTimeouts {
    attempt: Duration::from_secs(2),
    total: Duration::from_secs(8),
};

/// Attempts of the read. All workers of an account that start in the same second share 40 reads ("Increasing or resetting
/// Parameter Store throughput"), and a job whose worker does not start waits for a quarter of an hour.
pub(crate) const ATTEMPTS: u32 = 5;

/// Place of the system prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SystemPrompt {
    /// The prompt itself.
    Text(String),
    /// Parameter with the prompt, as `name` or `name:version`.
    Parameter(String),
}

impl SystemPrompt {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self> {
        let text = optional("SYSTEM_PROMPT")?;
        Self::new(text, optional("SYSTEM_PROMPT_PARAMETER")?)
    }

    fn new(text: Option<String>, parameter: Option<String>) -> Result<Self> {
        Ok(match (text, parameter) {
            (Some(_), Some(_)) => {
                bail!("SYSTEM_PROMPT and SYSTEM_PROMPT_PARAMETER must not both be set")
            }
            (None, Some(parameter)) => Self::Parameter(parameter),
            (text, None) => Self::Text(text.unwrap_or_else(|| DEFAULT.to_owned())),
        })
    }

    /// Prompt itself. A parameter is read once, with the limits of the client's calls: workers of one release have one
    /// prompt. Without it the worker does not start, because it would answer as another assistant.
    pub(crate) async fn read(&self, client: &Client) -> Result<String> {
        let (name, text) = match self {
            Self::Text(text) => ("SYSTEM_PROMPT", Ok(text.clone())),
            Self::Parameter(parameter) => {
                let text = read(client, parameter).await;
                let text = text.map(|text| text.expose_secret().to_owned());
                ("SYSTEM_PROMPT_PARAMETER", text)
            }
        };
        let prompt = text.map_err(Into::into).and_then(usable).context(name);
        if let Err(error) = &prompt {
            tracing::error!(
                event = "system_prompt_not_read",
                error = format!("{error:#}"),
                "the worker does not start without its system prompt"
            );
        }
        prompt
    }
}

/// Refuses a prompt that models refuse, or that is longer than a parameter can be.
fn usable(prompt: String) -> Result<String> {
    ensure!(!prompt.trim().is_empty(), "the prompt is blank");
    let bytes = prompt.len();
    ensure!(
        bytes <= LIMIT,
        "the prompt has {bytes} bytes, and at most {LIMIT} are allowed"
    );
    Ok(prompt)
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

    use super::*;

    /// 2,000 characters in Japanese, and what remains to the limit.
    fn long() -> String {
        let characters = "日本語で答える。\n".chars();
        let prompt: String = characters.cycle().take(2000).collect();
        let rest = "x".repeat(LIMIT - prompt.len());
        prompt + &rest
    }

    fn of(text: Option<&str>, parameter: Option<&str>) -> Result<SystemPrompt> {
        SystemPrompt::new(text.map(str::to_owned), parameter.map(str::to_owned))
    }

    fn holds(value: String) -> Rule {
        mock!(Client::get_parameter)
            .match_requests(|get| get.name() == Some("/prompt:7"))
            .then_output(move || {
                let parameter = Parameter::builder().value(value.clone()).build();
                GetParameterOutput::builder().parameter(parameter).build()
            })
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

    /// Prompt that the worker reads from version 7 of the parameter, or its error.
    async fn found(rule: &Rule) -> Result<String, String> {
        let prompt = SystemPrompt::Parameter("/prompt:7".to_owned());
        let read = prompt.read(&client(rule)).await;
        read.map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_prompt_is_in_one_place_only() {
        let text = |text: &str| SystemPrompt::Text(text.to_owned());
        assert_eq!(of(None, None).ok(), Some(text(DEFAULT)));
        assert_eq!(of(Some("short"), None).ok(), Some(text("short")));
        let parameter = SystemPrompt::Parameter("/prompt:7".to_owned());
        assert_eq!(of(None, Some("/prompt:7")).ok(), Some(parameter));
        let error = of(Some("short"), Some("/prompt:7")).expect_err("both are set");
        assert_eq!(
            error.to_string(),
            "SYSTEM_PROMPT and SYSTEM_PROMPT_PARAMETER must not both be set"
        );
    }

    #[tokio::test]
    async fn a_prompt_in_the_environment_is_not_looked_up() {
        let parameter = holds(String::new());
        let prompt = of(Some("short"), None).expect("one place");
        let read = prompt.read(&client(&parameter)).await;
        assert_eq!(read.ok().as_deref(), Some("short"));
        assert_eq!(parameter.num_calls(), 0);
    }

    #[tokio::test]
    async fn a_long_prompt_is_read_whole() {
        let prompt = long();
        assert_eq!(found(&holds(prompt.clone())).await, Ok(prompt));
    }

    #[tokio::test]
    async fn the_error_says_why_the_worker_does_not_start() {
        let gone = || {
            let error = ParameterVersionNotFound::builder().message("no version 7");
            GetParameterError::ParameterVersionNotFound(error.build())
        };
        let missing = found(&mock!(Client::get_parameter).then_error(gone)).await;
        let missing = missing.expect_err("there is no such version");
        assert!(
            missing.starts_with("SYSTEM_PROMPT_PARAMETER: "),
            "{missing}"
        );
        assert!(missing.contains("no version 7"), "{missing}");
        for (value, expected) in [
            (
                String::new(),
                "SYSTEM_PROMPT_PARAMETER: the parameter is empty",
            ),
            (
                " \n".to_owned(),
                "SYSTEM_PROMPT_PARAMETER: the prompt is blank",
            ),
            (
                "x".repeat(LIMIT + 1),
                "SYSTEM_PROMPT_PARAMETER: the prompt has 8193 bytes, and at most 8192 are allowed",
            ),
        ] {
            assert_eq!(found(&holds(value)).await, Err(expected.to_owned()));
        }
    }
}
