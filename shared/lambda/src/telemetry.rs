//! Log of a function.

/// Starts the log. Call it once, first in `main`.
///
/// Format and level are those of Lambda's logging controls (`AWS_LAMBDA_LOG_FORMAT`, `AWS_LAMBDA_LOG_LEVEL`; Lambda
/// developer guide, "Configuring advanced logging controls"), by default text at INFO.
pub fn init() {
    lambda_runtime::tracing::init_default_subscriber();
}
