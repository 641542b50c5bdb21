//! `GET /weather/v1/search` ("Geocoding API") and `GET /weather/v1/forecast` ("Weather Forecast API").

use std::time::Duration;

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::cities::{self, City, FAILING_CITY, SLOW_CITY};

/// Delay of the forecast of [`SLOW_CITY`].
const SLOW_DELAY: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
pub(crate) struct Search {
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct Forecast {
    latitude: f64,
    longitude: f64,
    #[serde(default)]
    current: String,
}

/// Returns the city with a name. For an unknown name the body has no `results`, as with Open-Meteo.
pub(crate) async fn search(query: Result<Query<Search>, QueryRejection>) -> Response {
    match query {
        Ok(Query(search)) => match cities::by_name(&search.name) {
            Some(city) => Json(json!({ "results": [city_json(city)], "generationtime_ms": 0.5 }))
                .into_response(),
            None => Json(json!({ "generationtime_ms": 0.5 })).into_response(),
        },
        Err(error) => bad_request(&error),
    }
}

/// Returns the current weather at coordinates.
pub(crate) async fn forecast(query: Result<Query<Forecast>, QueryRejection>) -> Response {
    let forecast = match query {
        Ok(Query(forecast)) => forecast,
        Err(error) => return bad_request(&error),
    };
    let city = cities::by_coordinates(forecast.latitude, forecast.longitude);
    match city.map(|city| city.name) {
        Some(SLOW_CITY) => sleep(SLOW_DELAY).await,
        Some(FAILING_CITY) => return server_error(),
        _ => {}
    }
    Json(forecast_json(&forecast, city)).into_response()
}

fn city_json(city: &City) -> Value {
    json!({
        "id": 1, "name": city.name, "latitude": city.latitude, "longitude": city.longitude, "elevation": 10.0,
        "feature_code": "PPLC", "country_code": city.country_code, "timezone": city.timezone, "country": city.country,
    })
}

/// Returns the requested variables; unsupported ones are omitted.
fn forecast_json(forecast: &Forecast, city: Option<&City>) -> Value {
    let (temperature, weather_code) =
        city.map_or((15.0, 3), |city| (city.temperature, city.weather_code));
    let variables = [
        ("temperature_2m", json!(temperature), "°C"),
        ("apparent_temperature", json!(temperature - 1.0), "°C"),
        ("relative_humidity_2m", json!(55), "%"),
        (
            "precipitation",
            json!(if weather_code >= 51 { 0.8 } else { 0.0 }),
            "mm",
        ),
        ("weather_code", json!(weather_code), "wmo code"),
        ("wind_speed_10m", json!(9.4), "km/h"),
        ("is_day", json!(1), ""),
    ];
    let mut units = Map::from_iter([("interval".to_owned(), json!("seconds"))]);
    let mut values = Map::from_iter([
        ("interval".to_owned(), json!(900)),
        ("time".to_owned(), json!(current_minute())),
    ]);
    for (name, value, unit) in variables.into_iter().filter(|(name, ..)| {
        forecast
            .current
            .split(',')
            .any(|requested| requested == *name)
    }) {
        values.insert(name.to_owned(), value);
        units.insert(name.to_owned(), json!(unit));
    }
    json!({
        "latitude": forecast.latitude, "longitude": forecast.longitude, "generationtime_ms": 0.1,
        "utc_offset_seconds": 0, "timezone": "GMT", "timezone_abbreviation": "GMT", "elevation": 10.0,
        "current_units": units, "current": values,
    })
}

/// Returns the current minute in UTC, in the format of the service.
fn current_minute() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M")
        .to_string()
}

fn bad_request(error: &QueryRejection) -> Response {
    (
        StatusCode::BAD_REQUEST,
        Json(json!({ "error": true, "reason": error.body_text() })),
    )
        .into_response()
}

fn server_error() -> Response {
    let body = json!({ "error": true, "reason": "The weather service is out of order." });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}
