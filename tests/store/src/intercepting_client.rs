//! HTTP client of the SDK whose requests pass a fault injector.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::fault_injector::FaultInjector;

/// Wraps an HTTP client, so that its requests pass the fault injector.
pub(crate) fn intercepted(
    injector: &Arc<FaultInjector>,
    inner: SharedHttpClient,
) -> SharedHttpClient {
    let injector = Arc::clone(injector);
    SharedHttpClient::new(InterceptingClient { injector, inner })
}

#[derive(Debug)]
struct InterceptingClient {
    injector: Arc<FaultInjector>,
    inner: SharedHttpClient,
}

impl HttpClient for InterceptingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(InterceptingConnector {
            injector: Arc::clone(&self.injector),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct InterceptingConnector {
    injector: Arc<FaultInjector>,
    inner: SharedHttpConnector,
}

impl HttpConnector for InterceptingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (injector, inner) = (Arc::clone(&self.injector), self.inner.clone());
        HttpConnectorFuture::new(async move { injector.intercept(inner, request).await })
    }
}
