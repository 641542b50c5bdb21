//! Opening of a function's connections before its first event.

use std::time::Duration;

use tokio::time::timeout;

/// Longest time for all requests of a warm-up. The initialisation of a function has 10 s ("Lambda execution
/// environment lifecycle"), and a cold start waits for it.
const LIMIT: Duration = Duration::from_millis(1500);

/// Waits for the requests that open the connections, one for each client, for 1.5 s at most. The requests report no
/// errors: a client that could not be connected is connected by its first call.
pub async fn warm_up(requests: impl Future) {
    if timeout(LIMIT, requests).await.is_err() {
        tracing::warn!(
            event = "warm_up_timed_out",
            "some connections were not opened before the first event"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_service_without_an_answer_delays_the_function_for_a_second_and_a_half() {
        let begun = Instant::now();
        warm_up(pending::<()>()).await;
        assert_eq!(begun.elapsed(), LIMIT);
        warm_up(async {}).await;
        assert_eq!(begun.elapsed(), LIMIT);
    }
}
