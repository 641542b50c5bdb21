//! Stubs of the parts of a runner that no case uses.

use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use futures::future::BoxFuture;
use longwire_agent::model::{Deltas, Model, ModelError, Request};
use longwire_stream::post::Post;
use longwire_tools::deps::Deps;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;

/// Model that is never called, because the plan of an attempt replaces the agent loop.
pub(crate) struct NoModel;

impl Model for NoModel {
    fn stream(&self, _request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>> {
        unreachable!("the plan of the attempt replaces the agent loop")
    }

    fn id(&self) -> &str {
        "none"
    }

    fn context_tokens(&self) -> u64 {
        0
    }
}

/// Tools that are never called, built once per process.
pub(crate) fn tools() -> Arc<Tools> {
    static TOOLS: OnceLock<Arc<Tools>> = OnceLock::new();
    let build = || {
        let deps = Deps {
            http: web::client().expect("an HTTP client"),
            weather: Service::default(),
            retrieve: None,
            clock: jiff::Timestamp::now,
        };
        Arc::new(Tools::new(&deps))
    };
    Arc::clone(TOOLS.get_or_init(build))
}

/// Posts that always succeed.
pub(crate) fn post() -> Post {
    Arc::new(|_, _| futures::future::ready(Ok(())).boxed())
}
