//! Weather service in Open-Meteo's format.

use serde_json::json;

use crate::harness::simulator::Simulator;

#[tokio::test]
async fn new_york_is_found_and_sunny() {
    let simulator = Simulator::start().await;
    let found = simulator
        .get("/weather/v1/search?name=new%20york&count=1")
        .await;
    let place = &found["results"][0];
    assert_eq!(
        (&place["name"], &place["country_code"], &place["timezone"]),
        (&json!("New York"), &json!("US"), &json!("America/New_York"))
    );
    let path = format!(
        "/weather/v1/forecast?latitude={}&longitude={}&current=temperature_2m,weather_code",
        place["latitude"], place["longitude"]
    );
    let forecast = simulator.get(&path).await;
    assert_eq!(
        (
            &forecast["current"]["weather_code"],
            &forecast["current"]["temperature_2m"]
        ),
        (&json!(0), &json!(24.3))
    );
    assert_eq!(forecast["current_units"]["temperature_2m"], "°C");
    assert_eq!(
        forecast["current"]["time"].as_str().unwrap().len(),
        "2026-11-20T12:00".len()
    );
    assert!(
        forecast["current"].get("wind_speed_10m").is_none(),
        "only requested variables are returned"
    );
}

#[tokio::test]
async fn unknown_city_has_no_results_member() {
    let simulator = Simulator::start().await;
    let found = simulator
        .get("/weather/v1/search?name=Atlantis&count=1")
        .await;
    assert!(
        found.get("results").is_none() && found.get("generationtime_ms").is_some(),
        "{found}"
    );
}

#[tokio::test]
async fn invalid_parameters_and_failing_city_return_an_error_with_its_reason() {
    let simulator = Simulator::start().await;
    for (path, status) in [
        ("/weather/v1/search", 400),
        ("/weather/v1/forecast?latitude=north&longitude=1", 400),
        (
            "/weather/v1/forecast?latitude=11&longitude=11&current=weather_code",
            500,
        ),
    ] {
        let response = simulator
            .http
            .get(format!("{}{path}", simulator.url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{path}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["error"], true, "{path}");
        assert!(body["reason"].is_string(), "{path}");
    }
}
