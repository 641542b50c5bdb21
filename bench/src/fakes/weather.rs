//! Open-Meteo: the two services of the tool that the model calls.

use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::clock;

/// Time of each answer.
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// Routes of the services.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/weather/v1/search", get(search))
        .route("/weather/v1/forecast", get(forecast))
}

async fn search() -> Json<Value> {
    clock::after(ROUND_TRIP).await;
    let place = json!({
        "name": "Town", "country": "Land", "latitude": 40.7, "longitude": -74.0, "timezone": "America/New_York"
    });
    Json(json!({ "results": [place] }))
}

async fn forecast() -> Json<Value> {
    clock::after(ROUND_TRIP).await;
    let current = json!({
        "time": "2026-11-26T12:00", "temperature_2m": 24.3, "wind_speed_10m": 9.0, "weather_code": 0
    });
    Json(json!({ "current": current, "timezone": "America/New_York" }))
}
