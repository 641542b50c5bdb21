//! `get_weather`: the weather at a place, from Open-Meteo.

mod open_meteo;
mod sky;

use std::time::Duration;

use reqwest::Client;
use schemars::JsonSchema;
use serde::Deserialize;

pub use open_meteo::Service;
use open_meteo::Weather;

use crate::Deps;
use crate::repeat::Repeat;
use crate::web::WebError;

/// The longest name of a place, in characters.
const MAX_LOCATION: usize = 200;

/// What the model says.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Args {
    /// A town or city, such as "New York" or "Berlin, Germany".
    location: String,
}

/// The tool.
#[derive(Debug, Clone)]
pub struct GetWeather {
    http: Client,
    service: Service,
}

impl GetWeather {
    pub const NAME: &str = "get_weather";
    pub const DESCRIPTION: &str =
        "Tells the current weather at a place: sky, temperature and wind.";
    pub const LIMIT: Duration = Duration::from_secs(10);
    pub const REPEAT: Repeat = Repeat::Safe;

    pub fn offered(deps: &Deps) -> Option<Self> {
        Some(Self {
            http: deps.http.clone(),
            service: deps.weather.clone(),
        })
    }

    pub fn status(_args: &Args) -> String {
        "Looking up the weather…".to_owned()
    }

    pub async fn call(self, args: Args) -> Result<String, String> {
        let location = args.location.trim();
        if location.is_empty() || location.chars().count() > MAX_LOCATION {
            return Err(format!(
                "The argument \"location\" must have 1 to {MAX_LOCATION} characters."
            ));
        }
        let place = self
            .service
            .find(&self.http, location)
            .await
            .map_err(|error| told(&error))?;
        let place = place.ok_or_else(|| {
            format!("There is no place named {location:?}. Ask for a town or city, in English.")
        })?;
        let weather = self
            .service
            .weather(&self.http, &place)
            .await
            .map_err(|error| told(&error))?;
        Ok(sentence(&place.name, &weather))
    }
}

/// What the model is told of a failure that is not its own.
fn told(error: &WebError) -> String {
    tracing::warn!(%error, "the weather service gave no answer");
    "The weather service does not answer at the moment.".to_owned()
}

fn sentence(place: &str, weather: &Weather) -> String {
    // Adding zero makes a rounded -0 a plain 0.
    let temperature = (weather.temperature_2m * 10.0).round() / 10.0 + 0.0;
    let wind = weather.wind_speed_10m;
    match sky::words(weather.weather_code, weather.is_day == 1) {
        Some(sky) => format!("It is {sky} in {place}, {temperature:.1} °C, wind {wind:.0} km/h."),
        None => format!("In {place} it is {temperature:.1} °C, wind {wind:.0} km/h."),
    }
}
