//! `get_weather` against a local service.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt;
use longwire_core::tool::ToolOutcome;
use longwire_tools::deps::Deps;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::guard::Output;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;
use serde_json::json;

use super::{call, deps};

const NEW_YORK: &str = r#"{"results":[{"id":5128581,"name":"New York","latitude":40.71427,"longitude":-74.00597,"country_code":"US","country":"United States","admin1":"New York"}],"generationtime_ms":0.5}"#;
const SUNNY: &str = r#"{"latitude":40.7,"current":{"time":"2026-11-20T14:00","temperature_2m":21.4,"weather_code":0,"wind_speed_10m":9.2,"is_day":1}}"#;

/// Starts a server for both services. `get_weather` calls the search first.
async fn serve(routes: Router) -> Service {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Service {
        geocoding: base.clone(),
        forecast: format!("{base}/"),
    }
}

fn fixed(places: &'static str, weather: &'static str) -> Router {
    Router::new()
        .route("/v1/search", get(move || async move { places }))
        .route("/v1/forecast", get(move || async move { weather }))
}

async fn ask(weather: Service, location: &str) -> Output {
    let tools = Tools::new(&Deps { weather, ..deps() });
    let prepared = tools.prepare(&call("get_weather", json!({"location": location})));
    let prepared = prepared.expect("valid arguments");
    assert_eq!(prepared.status(), "Looking up the weather…");
    prepared.run().await
}

fn failed(content: &str) -> Output {
    Output {
        outcome: ToolOutcome::Error,
        content: content.to_owned(),
    }
}

const DOWN: &str = "The weather service does not answer at the moment.";

#[tokio::test]
async fn the_weather_is_returned_as_a_sentence() {
    let output = ask(serve(fixed(NEW_YORK, SUNNY)).await, " New York ").await;
    assert_eq!(output.outcome, ToolOutcome::Success);
    assert_eq!(
        output.content,
        "It is sunny in New York, 21.4 °C, wind 9 km/h."
    );
}

#[tokio::test]
async fn the_requests_are_as_the_services_document_them() {
    let search = get(|RawQuery(query): RawQuery| async move {
        assert_eq!(
            query.as_deref(),
            Some("name=S%C3%A3o+Paulo&count=10&language=en&format=json")
        );
        NEW_YORK
    });
    let forecast = get(|RawQuery(query): RawQuery| async move {
        let expected = "latitude=40.71427&longitude=-74.00597&current=temperature_2m%2Cweather_code%2Cwind_speed_10m%2Cis_day";
        assert_eq!(query.as_deref(), Some(expected));
        SUNNY
    });
    let routes = Router::new()
        .route("/v1/search", search)
        .route("/v1/forecast", forecast);
    let output = ask(serve(routes).await, "São Paulo, Brazil").await;
    assert_eq!(output.outcome, ToolOutcome::Success, "{}", output.content);
}

#[tokio::test]
async fn the_text_after_the_comma_selects_the_place() {
    let places = r#"{"results":[
        {"name":"Paris","latitude":48.9,"longitude":2.3,"country":"France","country_code":"FR"},
        {"name":"Paris (Texas)","latitude":33.7,"longitude":-95.6,"country":"United States","country_code":"US","admin1":"Texas"}]}"#;
    let night =
        r#"{"current":{"temperature_2m":-0.04,"weather_code":0,"wind_speed_10m":0.4,"is_day":0}}"#;
    for (location, place) in [
        ("Paris", "Paris"),
        ("Paris, texas", "Paris (Texas)"),
        ("Paris, Lamar County, US", "Paris (Texas)"),
        ("Paris, Narnia", "Paris"),
    ] {
        let output = ask(serve(fixed(places, night)).await, location).await;
        assert_eq!(
            output.content,
            format!("It is clear in {place}, 0.0 °C, wind 0 km/h.")
        );
    }
}

#[tokio::test]
async fn an_unknown_place_is_an_error_the_model_can_use() {
    for nothing in ["{\"generationtime_ms\":0.4}", "{\"results\":[]}"] {
        let output = ask(serve(fixed(nothing, SUNNY)).await, "Xyzzy").await;
        let expected = "There is no place named \"Xyzzy\". Ask for a town or city, in English.";
        assert_eq!(output, failed(expected));
    }
    for location in [" ", &"x".repeat(201)] {
        let output = ask(serve(fixed(NEW_YORK, SUNNY)).await, location).await;
        assert_eq!(
            output,
            failed("The argument \"location\" must have 1 to 200 characters.")
        );
    }
}

#[tokio::test]
async fn an_unknown_weather_code_is_left_out() {
    let odd = r#"{"current":{"temperature_2m":5,"weather_code":42,"wind_speed_10m":12.6}}"#;
    let output = ask(serve(fixed(NEW_YORK, odd)).await, "New York").await;
    assert_eq!(output.content, "In New York it is 5.0 °C, wind 13 km/h.");
}

#[tokio::test]
async fn an_unusable_response_is_an_error() {
    let broken = fixed("{\"results\":[{\"name\":", SUNNY);
    assert_eq!(ask(serve(broken).await, "New York").await, failed(DOWN));
    let other = fixed(NEW_YORK, "{\"error\":true,\"reason\":\"no\"}");
    assert_eq!(ask(serve(other).await, "New York").await, failed(DOWN));
    let failing = get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, NEW_YORK) });
    let routes = Router::new().route("/v1/search", failing);
    assert_eq!(ask(serve(routes).await, "New York").await, failed(DOWN));
    let moved = get(|| async { axum::response::Redirect::to("/v1/else").into_response() });
    let routes = Router::new().route("/v1/search", moved);
    assert_eq!(ask(serve(routes).await, "New York").await, failed(DOWN));
    let unreachable = Service {
        geocoding: "http://127.0.0.1:9".to_owned(),
        ..Service::default()
    };
    assert_eq!(ask(unreachable, "New York").await, failed(DOWN));
}

#[tokio::test]
async fn a_response_is_read_up_to_the_size_limit() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let endless = move || {
        let counted = Arc::clone(&counted);
        let chunks = futures::stream::repeat(" ".repeat(16 * 1024)).map(move |chunk| {
            counted.fetch_add(chunk.len(), Ordering::Relaxed);
            Ok::<_, Infallible>(chunk)
        });
        async { Response::new(Body::from_stream(chunks)) }
    };
    let routes = Router::new().route("/v1/search", get(endless));
    assert_eq!(ask(serve(routes).await, "New York").await, failed(DOWN));
    let sent = sent.load(Ordering::Relaxed);
    assert!(
        (web::MAX_BODY..64 * web::MAX_BODY).contains(&sent),
        "{sent}"
    );
}

/// Counts dropped request handlers.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let (started, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let silent = {
        let (started, ended) = (Arc::clone(&started), Arc::clone(&ended));
        move || {
            let dropped = Dropped(Arc::clone(&ended));
            started.fetch_add(1, Ordering::SeqCst);
            async move {
                std::future::pending::<()>().await;
                drop(dropped);
            }
        }
    };
    let service = serve(Router::new().route("/v1/search", get(silent))).await;
    let asking = tokio::spawn(ask(service, "New York"));
    until(|| started.load(Ordering::SeqCst) == 1).await;
    assert_eq!(ended.load(Ordering::SeqCst), 0);
    asking.abort();
    until(|| ended.load(Ordering::SeqCst) == 1).await;
}

/// Polls until `holds` returns true; fails after ten seconds.
async fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "the condition did not hold within ten seconds"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
