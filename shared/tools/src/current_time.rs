//! `current_time`: the date and time in a time zone.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::approval::Approval;
use crate::arguments::schema;
use crate::deps::Deps;
use crate::repeat::Repeat;
use crate::tool::{Prepare, Tool, prepare};

pub(crate) const TOOL: Tool = Tool {
    name: "current_time",
    description: "Tells the current date, weekday and time in a time zone.",
    schema: schema::<Args>,
    limit: Duration::from_secs(1),
    repeat: Repeat::Safe,
    approval: Approval::Never,
    approval_group: None,
    offered,
};

/// Arguments. The comments of the fields are their descriptions for the model.
#[derive(Debug, Deserialize, JsonSchema)]
struct Args {
    /// An IANA time zone name, such as "Europe/Berlin", "America/New_York" or "UTC".
    timezone: String,
}

fn offered(deps: &Deps) -> Option<Prepare> {
    let clock = deps.clock;
    Some(prepare(status, move |args| call(clock, args)))
}

fn status(_args: &Args) -> String {
    "Looking at the clock…".to_owned()
}

async fn call(clock: fn() -> Timestamp, args: Args) -> Result<String, String> {
    let name = args.timezone.trim();
    let zone = TimeZone::get(name).map_err(|_| {
        format!(
            "There is no time zone {name:?}. Use an IANA name such as \"Europe/Berlin\" or \"UTC\"."
        )
    })?;
    let now = clock().to_zoned(zone);
    let time = now.strftime("%A, %-d %B %Y, %H:%M:%S (UTC%:z)");
    Ok(format!("In {name} it is {time}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(timezone: &str) -> Result<String, String> {
        let clock = || "2026-11-20T13:05:09Z".parse().expect("a time");
        let args = Args {
            timezone: timezone.to_owned(),
        };
        call(clock, args).await
    }

    #[tokio::test]
    async fn the_time_of_a_zone_is_returned() {
        assert_eq!(
            ask("Europe/Berlin").await.as_deref(),
            Ok("In Europe/Berlin it is Friday, 20 November 2026, 14:05:09 (UTC+01:00).")
        );
        assert_eq!(
            ask(" UTC ").await.as_deref(),
            Ok("In UTC it is Friday, 20 November 2026, 13:05:09 (UTC+00:00).")
        );
    }

    #[tokio::test]
    async fn an_unknown_zone_is_an_error_with_an_example() {
        for zone in ["Mars/Phobos", "", "../etc/passwd"] {
            let error = ask(zone).await.expect_err(zone);
            assert!(error.contains("Europe/Berlin") && error.contains(zone));
        }
    }
}
