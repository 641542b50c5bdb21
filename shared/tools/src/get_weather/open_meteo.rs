//! The two services of Open-Meteo (Open-Meteo documentation, "Geocoding API" and "Weather Forecast API").

use reqwest::Client;
use serde::Deserialize;

use crate::web::{WebError, get_json};

/// Most places of one name that are requested.
const PLACES: &str = "10";

/// Base URLs of the two services, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Service that returns the coordinates of a name.
    pub geocoding: String,
    /// Service that returns the weather at coordinates.
    pub forecast: String,
}

impl Default for Service {
    /// Public services, free for non-commercial use.
    fn default() -> Self {
        Self {
            geocoding: "https://geocoding-api.open-meteo.com".to_owned(),
            forecast: "https://api.open-meteo.com".to_owned(),
        }
    }
}

/// Place with its coordinates.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    pub(super) name: String,
    latitude: f64,
    longitude: f64,
    country: Option<String>,
    country_code: Option<String>,
    admin1: Option<String>,
}

#[derive(Deserialize)]
struct Places {
    /// Absent when there are none.
    #[serde(default)]
    results: Vec<Place>,
}

/// Current weather: temperature in °C, wind speed in km/h, WMO weather code.
#[derive(Debug, Deserialize)]
pub(super) struct Weather {
    pub(super) temperature_2m: f64,
    pub(super) weather_code: u16,
    pub(super) wind_speed_10m: f64,
    /// 1 by day, 0 at night.
    #[serde(default = "day")]
    pub(super) is_day: u8,
}

#[derive(Deserialize)]
struct Forecast {
    current: Weather,
}

fn day() -> u8 {
    1
}

impl Service {
    /// Best-known place of a name. The service finds names only, so for "Berlin, Germany" the request has
    /// "Berlin", and the text after the comma selects one of the places.
    pub(super) async fn find(
        &self,
        http: &Client,
        location: &str,
    ) -> Result<Option<Place>, WebError> {
        let mut words = location.split(',').map(str::trim);
        let name = words.next().unwrap_or(location);
        let url = format!("{}/v1/search", self.geocoding.trim_end_matches('/'));
        let query = [
            ("name", name),
            ("count", PLACES),
            ("language", "en"),
            ("format", "json"),
        ];
        let mut places = get_json::<Places>(http, &url, &query).await?.results;
        let hints: Vec<_> = words.collect();
        let matching = places.iter().position(|place| place.is_in_any(&hints));
        let index = matching.unwrap_or(0);
        Ok((index < places.len()).then(|| places.swap_remove(index)))
    }

    /// Current weather at a place.
    pub(super) async fn weather(&self, http: &Client, place: &Place) -> Result<Weather, WebError> {
        let url = format!("{}/v1/forecast", self.forecast.trim_end_matches('/'));
        let query = [
            ("latitude", place.latitude.to_string()),
            ("longitude", place.longitude.to_string()),
            (
                "current",
                "temperature_2m,weather_code,wind_speed_10m,is_day".to_owned(),
            ),
        ];
        Ok(get_json::<Forecast>(http, &url, &query).await?.current)
    }
}

impl Place {
    fn is_in_any(&self, hints: &[&str]) -> bool {
        let regions = [&self.country, &self.country_code, &self.admin1];
        let mut regions = regions.into_iter().flatten();
        regions.any(|region| hints.iter().any(|hint| region.eq_ignore_ascii_case(hint)))
    }
}
