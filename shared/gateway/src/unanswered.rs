//! Closing of connections on which a request got no answer.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Closes the connection of an attempt that timed out or broke, so that the next attempt opens another one.
///
/// Requests share an HTTP/2 connection. A connection whose peer disappeared without closing it fails every request
/// until the operating system gives it up after minutes. The SDK itself closes a connection only after a response with
/// status 5xx: an attempt that times out never reaches the step in which it does so.
#[derive(Debug)]
pub(crate) struct CloseUnanswered;

#[dyn_dispatch_hint]
impl Intercept for CloseUnanswered {
    fn name(&self) -> &'static str {
        "CloseUnanswered"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let error = context.output_or_error().and_then(Result::err);
        let unanswered =
            error.is_some_and(|error| error.is_timeout_error() || error.is_connector_error());
        let connection = cfg
            .load::<CaptureSmithyConnection>()
            .and_then(CaptureSmithyConnection::get);
        if let Some(connection) = connection.filter(|_| unanswered) {
            connection.poison();
        }
        Ok(())
    }
}
