//! `current_time`: what time it is somewhere.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Deps;
use crate::repeat::Repeat;

/// What the model says. It reads the comments at the arguments.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Args {
    /// An IANA time zone name, such as "Europe/Berlin", "America/New_York" or "UTC".
    timezone: String,
}

/// The tool.
#[derive(Debug, Clone)]
pub struct CurrentTime {
    clock: fn() -> Timestamp,
}

impl CurrentTime {
    pub const NAME: &str = "current_time";
    pub const DESCRIPTION: &str = "Tells the current date, weekday and time in a time zone.";
    pub const LIMIT: Duration = Duration::from_secs(1);
    pub const REPEAT: Repeat = Repeat::Safe;

    pub fn offered(deps: &Deps) -> Option<Self> {
        Some(Self { clock: deps.clock })
    }

    pub fn status(_args: &Args) -> String {
        "Looking at the clock…".to_owned()
    }

    pub async fn call(self, args: Args) -> Result<String, String> {
        let name = args.timezone.trim();
        let zone = TimeZone::get(name).map_err(|_| {
            format!("There is no time zone {name:?}. Use an IANA name such as \"Europe/Berlin\" or \"UTC\".")
        })?;
        let now = (self.clock)().to_zoned(zone);
        let time = now.strftime("%A, %-d %B %Y, %H:%M:%S (UTC%:z)");
        Ok(format!("In {name} it is {time}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(timezone: &str) -> Result<String, String> {
        let clock = || "2026-11-20T13:05:09Z".parse().expect("a time");
        let args = Args {
            timezone: timezone.to_owned(),
        };
        CurrentTime { clock }.call(args).await
    }

    #[tokio::test]
    async fn tells_the_time_of_a_zone() {
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
    async fn an_unknown_zone_says_what_to_write_instead() {
        for zone in ["Mars/Phobos", "", "../etc/passwd"] {
            let complaint = ask(zone).await.expect_err(zone);
            assert!(complaint.contains("Europe/Berlin") && complaint.contains(zone));
        }
    }
}
