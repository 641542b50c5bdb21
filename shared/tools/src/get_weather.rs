//! `get_weather`: the current weather at a place, from Open-Meteo.

pub mod open_meteo;
mod sky;

use std::time::Duration;

use reqwest::Client;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::approval::Approval;
use crate::arguments::schema;
use crate::deps::Deps;
use crate::get_weather::open_meteo::{Service, Weather};
use crate::repeat::Repeat;
use crate::tool::{Prepare, Tool, prepare};
use crate::web::WebError;

pub(crate) const TOOL: Tool = Tool {
    name: "get_weather",
    description: "Tells the current weather at a place: sky, temperature and wind.",
    schema: schema::<Args>,
    limit: Duration::from_secs(10),
    repeat: Repeat::Safe,
    approval: Approval::Never,
    approval_group: None,
    offered,
};

/// Longest name of a place, in characters.
const MAX_LOCATION_CHARS: usize = 200;

/// Arguments.
#[derive(Debug, Deserialize, JsonSchema)]
struct Args {
    /// A town or city, such as "New York" or "Berlin, Germany".
    location: String,
}

fn offered(deps: &Deps) -> Option<Prepare> {
    let (http, service) = (deps.http.clone(), deps.weather.clone());
    Some(prepare(status, move |args| {
        call(http.clone(), service.clone(), args)
    }))
}

fn status(_args: &Args) -> String {
    "Looking up the weather…".to_owned()
}

async fn call(http: Client, service: Service, args: Args) -> Result<String, String> {
    let location = args.location.trim();
    if location.is_empty() || location.chars().count() > MAX_LOCATION_CHARS {
        return Err(format!(
            "The argument \"location\" must have 1 to {MAX_LOCATION_CHARS} characters."
        ));
    }
    let place = service
        .find(&http, location)
        .await
        .map_err(|error| failure(&error))?;
    let place = place.ok_or_else(|| {
        format!("There is no place named {location:?}. Ask for a town or city, in English.")
    })?;
    let weather = service
        .weather(&http, &place)
        .await
        .map_err(|error| failure(&error))?;
    Ok(sentence(&place.name, &weather))
}

/// Logs an error of the service. Returns the text for the model.
fn failure(error: &WebError) -> String {
    tracing::warn!(
        event = "tool_backend_failed",
        tool = TOOL.name,
        error = %error,
        "the weather service failed"
    );
    "The weather service does not answer at the moment.".to_owned()
}

fn sentence(place: &str, weather: &Weather) -> String {
    // Adding zero turns a rounded -0 into 0.
    let temperature = (weather.temperature_2m * 10.0).round() / 10.0 + 0.0;
    let wind = weather.wind_speed_10m;
    match sky::describe(weather.weather_code, weather.is_day == 1) {
        Some(sky) => format!("It is {sky} in {place}, {temperature:.1} °C, wind {wind:.0} km/h."),
        None => format!("In {place} it is {temperature:.1} °C, wind {wind:.0} km/h."),
    }
}
