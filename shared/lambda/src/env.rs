//! Environment variables that configure a function. No other file of the product reads them.
//!
//! An empty variable counts as absent, because it is easier in Terraform to set a variable to "" than to leave it
//! out.

use std::env::{VarError, var};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

/// Error of a variable, with which a function does not start. Its text names the variable, not the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEnv {
    /// A variable that has no default is absent or empty.
    #[error("{0} must be set")]
    Missing(String),
    /// A variable has an unusable value.
    #[error("{name} must be {expected}")]
    Invalid {
        /// Name of the variable.
        name: String,
        /// Accepted values, as the end of a sentence: "a whole number of seconds".
        expected: String,
    },
}

/// Minimum level of the log lines, and whether they are JSON: Lambda's logging controls (Lambda developer guide,
/// "Configuring advanced logging controls").
pub(crate) fn logging() -> (LevelFilter, bool) {
    let level = set("AWS_LAMBDA_LOG_LEVEL").or_else(|| set("RUST_LOG"));
    let level = level.and_then(|level| level.parse().ok());
    let json =
        set("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    (level.unwrap_or(LevelFilter::INFO), json)
}

/// Region of the function.
pub(crate) fn region() -> Option<String> {
    set("AWS_REGION")
}

/// Setting of the SDK for one service, such as `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`.
pub(crate) fn service_setting(setting: &str, service_id: &str) -> Option<String> {
    let service = service_id.to_uppercase().replace(' ', "_");
    set(&format!("{setting}_{service}"))
}

/// Value of a variable of AWS that is set and not empty. Lambda's own are always text.
fn set(name: &str) -> Option<String> {
    var(name).ok().filter(|value| !value.is_empty())
}

/// Reads a required variable.
pub fn required(name: &str) -> Result<String, BadEnv> {
    optional(name)?.ok_or_else(|| BadEnv::Missing(name.to_owned()))
}

/// Reads a variable that may be absent.
pub fn optional(name: &str) -> Result<Option<String>, BadEnv> {
    match var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(invalid(name, "text")),
    }
}

/// Parses a variable, or returns the default when it is absent. `expected` describes the accepted values.
pub fn parsed<T: FromStr>(name: &str, default: T, expected: &str) -> Result<T, BadEnv> {
    parse(name, optional(name)?, default, expected)
}

/// Reads a whole number within bounds, or returns the default.
pub fn within(name: &str, default: u32, bounds: RangeInclusive<u32>) -> Result<u32, BadEnv> {
    bounded(name, optional(name)?, default, bounds)
}

/// Converts a variable to a type whose error describes the accepted values; `None` when it is absent.
pub fn converted<T>(name: &str) -> Result<Option<T>, BadEnv>
where
    T: TryFrom<String, Error: std::fmt::Display>,
{
    convert(name, optional(name)?)
}

/// Converts a required variable to a type whose error describes the accepted values.
pub fn required_converted<T>(name: &str) -> Result<T, BadEnv>
where
    T: TryFrom<String, Error: std::fmt::Display>,
{
    converted(name)?.ok_or_else(|| BadEnv::Missing(name.to_owned()))
}

/// Reads a whole number of seconds, or returns the default.
pub fn seconds(name: &str, default: Duration) -> Result<Duration, BadEnv> {
    let number = parsed(name, default.as_secs(), "a whole number of seconds")?;
    Ok(Duration::from_secs(number))
}

/// Reads a whole number of milliseconds, or returns the default.
pub fn millis(name: &str, default: Duration) -> Result<Duration, BadEnv> {
    let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
    let number = parsed(name, default, "a whole number of milliseconds")?;
    Ok(Duration::from_millis(number))
}

/// Reads a whole number of hours, or uses the default, in hours; 0 means "never" and is `None`.
pub fn hours_or_never(name: &str, default: u32) -> Result<Option<Duration>, BadEnv> {
    let number = parsed(name, default, "a whole number of hours, 0 for never")?;
    Ok((number > 0).then(|| Duration::from_secs(u64::from(number) * 3600)))
}

fn parse<T: FromStr>(
    name: &str,
    raw: Option<String>,
    default: T,
    expected: &str,
) -> Result<T, BadEnv> {
    match raw {
        Some(text) => text.trim().parse().map_err(|_| invalid(name, expected)),
        None => Ok(default),
    }
}

fn bounded(
    name: &str,
    raw: Option<String>,
    default: u32,
    bounds: RangeInclusive<u32>,
) -> Result<u32, BadEnv> {
    let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
    let number = parse(name, raw, default, &expected)?;
    if bounds.contains(&number) {
        Ok(number)
    } else {
        Err(invalid(name, &expected))
    }
}

fn convert<T>(name: &str, raw: Option<String>) -> Result<Option<T>, BadEnv>
where
    T: TryFrom<String, Error: std::fmt::Display>,
{
    raw.map(|text| {
        T::try_from(text).map_err(|error| {
            let error = error.to_string();
            invalid(name, error.strip_prefix("must be ").unwrap_or(&error))
        })
    })
    .transpose()
}

fn invalid(name: &str, expected: &str) -> BadEnv {
    BadEnv::Invalid {
        name: name.to_owned(),
        expected: expected.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::options::OnGone;

    use super::*;

    #[test]
    fn an_absent_required_variable_is_named_in_the_error() {
        let error = required("LONGWIRE_TEST_ABSENT").expect_err("the variable is absent");
        assert_eq!(error.to_string(), "LONGWIRE_TEST_ABSENT must be set");
    }

    #[test]
    fn an_invalid_number_is_refused_with_the_name_of_its_variable() {
        let read = |raw: Option<&str>| parse("N", raw.map(str::to_owned), 7_u32, "a number");
        assert_eq!(read(None), Ok(7));
        assert_eq!(read(Some(" 12 ")), Ok(12));
        for bad in ["x", "-1", "1.5", "99999999999"] {
            let error = read(Some(bad)).expect_err(bad);
            assert_eq!(error.to_string(), "N must be a number", "{bad}");
        }
    }

    #[test]
    fn a_number_out_of_bounds_is_refused_with_the_bounds() {
        let read = |raw: Option<&str>| bounded("N", raw.map(str::to_owned), 7, 3..=9);
        assert_eq!(
            (read(None), read(Some("3")), read(Some("9"))),
            (Ok(7), Ok(3), Ok(9))
        );
        for bad in ["2", "10", "x"] {
            let error = read(Some(bad)).expect_err(bad);
            assert_eq!(
                error.to_string(),
                "N must be a whole number from 3 to 9",
                "{bad}"
            );
        }
    }

    #[test]
    fn an_invalid_value_is_refused_with_the_description_of_its_type() {
        let read = |raw: &str| convert::<OnGone>("ON_GONE", Some(raw.to_owned()));
        assert_eq!(read("grace:30"), Ok(Some(OnGone::Grace(30))));
        let error = read("later").expect_err("no such policy");
        assert_eq!(
            error.to_string(),
            "ON_GONE must be \"cancel\", \"finish\" or \"grace:<1-900>\""
        );
    }
}
