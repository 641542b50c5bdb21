//! Tools of the tests: a fixed clock, a weather service that never answers, and a slow knowledge base.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use longwire_tools::approval::ApprovalRules;
use longwire_tools::deps::Deps;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::kb_lookup::retrieve::Retrieve;
use longwire_tools::once::Once;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;
use serde_json::Value;
use tokio::time::Instant;

/// Tools whose `get_weather` never returns and whose `current_time` is constant.
pub(crate) fn tools() -> Tools {
    Tools::new(&deps())
}

/// The same, of which people approve these calls.
pub(crate) fn tools_with_approvals(setting: &Value) -> Tools {
    let approvals = ApprovalRules::try_from(setting.to_string());
    tools().with_approvals(approvals.expect("rules"))
}

fn deps() -> Deps {
    Deps {
        http: web::client().expect("a client can be built"),
        weather: silent(),
        retrieve: None,
        clock: || "2026-11-21T12:00:00Z".parse().expect("a time"),
    }
}

/// Tools with a `kb_lookup` that records its calls and returns after a while.
pub(crate) struct Library {
    /// The tools.
    pub(crate) tools: Tools,
    /// Times of the calls of `kb_lookup`, since the library was made.
    calls: Arc<Mutex<Vec<Duration>>>,
}

impl Library {
    /// Makes a library with this latency. `once` lists the tools that must not be repeated.
    pub(crate) fn new(latency: Duration, once: &str) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (recorded, made) = (calls.clone(), Instant::now());
        let search = move |_| {
            let recorded = recorded.clone();
            let result = async move {
                let at = made.elapsed();
                recorded.lock().expect("one test, one thread").push(at);
                tokio::time::sleep(latency).await;
                Ok(Vec::new())
            };
            result.boxed()
        };
        let deps = Deps {
            retrieve: Some(Retrieve::new(search)),
            ..deps()
        };
        let once = Once::try_from(once.to_owned()).expect("names of tools");
        Self {
            tools: Tools::new(&deps).with_once(once),
            calls,
        }
    }

    /// Times of the calls of `kb_lookup`.
    pub(crate) fn calls(&self) -> Vec<Duration> {
        self.calls.lock().expect("one test, one thread").clone()
    }
}

/// Service that accepts connections and never responds.
fn silent() -> Service {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::mem::forget(listener);
    Service {
        geocoding: url.clone(),
        forecast: url,
    }
}
