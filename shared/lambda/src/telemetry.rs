//! What a function writes to its log.

/// Starts the log, in the format and at the level Lambda's logging controls ask for (`AWS_LAMBDA_LOG_FORMAT`,
/// `AWS_LAMBDA_LOG_LEVEL`; Lambda, "Configuring advanced logging controls"): INFO when they are silent. To be
/// called once, first thing in `main`. No line at INFO or above holds a prompt, an answer or a token.
pub fn init() {
    lambda_runtime::tracing::init_default_subscriber();
}
