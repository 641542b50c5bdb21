//! Log of a function.

use tracing_subscriber::fmt;

use crate::env::logging;

/// Starts the log. Call it once, first in `main`.
///
/// Format and level are those of Lambda's logging controls (`AWS_LAMBDA_LOG_FORMAT`, `AWS_LAMBDA_LOG_LEVEL`), by default
/// text at INFO. CloudWatch adds the time, and `event` names what happened better than a target. The subscriber of the
/// Lambda runtime also takes filters by target, for which it links a regular expression engine.
pub fn init() {
    let (level, json) = logging();
    let log = fmt()
        .with_max_level(level)
        .with_target(false)
        .without_time();
    if json {
        log.json().init();
    } else {
        log.init();
    }
}
