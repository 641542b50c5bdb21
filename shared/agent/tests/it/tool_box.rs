//! The house's tools for tests: a clock that stands, and a weather service that never answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use longwire_tools::get_weather::Service;
use longwire_tools::kb_lookup::Retrieve;
use longwire_tools::repeat::Once;
use longwire_tools::{Deps, Tools, web};
use tokio::time::Instant;

/// Tools whose `get_weather` hangs and whose `current_time` is always the same.
pub(crate) fn tools() -> Tools {
    Tools::new(&deps())
}

fn deps() -> Deps {
    Deps {
        http: web::client().expect("a client can be built"),
        weather: silent(),
        retrieve: None,
        clock: || "2026-11-21T12:00:00Z".parse().expect("a time"),
    }
}

/// The same tools and a `kb_lookup` that annotations when it is called and answers after a while.
pub(crate) struct Library {
    /// The tools.
    pub(crate) tools: Tools,
    /// When `kb_lookup` was called, counted from the beginning.
    called: Arc<Mutex<Vec<Duration>>>,
}

impl Library {
    /// A library that takes this long to answer. `once` names the tools that must not be repeated.
    pub(crate) fn new(takes: Duration, once: &str) -> Self {
        let called = Arc::new(Mutex::new(Vec::new()));
        let (noted, begun) = (called.clone(), Instant::now());
        let search = move |_| {
            let noted = noted.clone();
            let answer = async move {
                let at = begun.elapsed();
                noted.lock().expect("one test, one thread").push(at);
                tokio::time::sleep(takes).await;
                Ok(Vec::new())
            };
            answer.boxed()
        };
        let deps = Deps {
            retrieve: Some(Retrieve::new(search)),
            ..deps()
        };
        let once = Once::try_from(once.to_owned()).expect("they are tools");
        Self {
            tools: Tools::new(&deps).with_once(once),
            called,
        }
    }

    /// When `kb_lookup` was called.
    pub(crate) fn calls(&self) -> Vec<Duration> {
        self.called.lock().expect("one test, one thread").clone()
    }
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
