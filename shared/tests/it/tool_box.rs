//! The house's tools for tests: a clock that stands, and a weather service that never answers.

use shared::tools::get_weather::Service;
use shared::tools::{Deps, Tools, web};

/// Tools whose `get_weather` hangs and whose `current_time` is always the same.
pub(crate) fn tools() -> Tools {
    Tools::new(&Deps {
        http: web::client().expect("a client can be built"),
        weather: silent(),
        retrieve: None,
        clock: || "2026-11-21T12:00:00Z".parse().expect("a time"),
    })
}

/// A service that takes connections and says nothing.
fn silent() -> Service {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::mem::forget(listener);
    Service {
        geocoding: url.clone(),
        forecast: url,
    }
}
