//! Arrival traces: times of the model's deltas.

use std::time::Duration;

/// Tool that the model calls.
pub(crate) const TOOL: &str = "get_weather";

/// Bytes of a token.
pub(crate) const TOKEN_BYTES: usize = 7;

/// Text of a delta: seven characters, as Claude Sonnet 4.6 sends on average. Each one is different, so that a lost,
/// doubled or exchanged delta is noticed.
pub(crate) fn token(index: usize) -> String {
    format!("t{index:05} ")
}

/// Reply to one model call.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// Time from the request to the first delta.
    pub(crate) first: Duration,
    /// Times of the text's deltas after the first one.
    pub(crate) deltas: Vec<Duration>,
    /// Number of tools that the reply calls.
    pub(crate) tools: usize,
}

impl Reply {
    /// Text in `count` deltas, `rate` of them per second.
    pub(crate) fn steady(first: Duration, rate: f64, count: u32) -> Self {
        let gap = Duration::from_secs_f64(1.0 / rate);
        Self {
            first,
            deltas: (0..count).map(|index| gap * index).collect(),
            tools: 0,
        }
    }

    /// Text in `count` deltas, all of them at once after a first one and a silence.
    pub(crate) fn burst(first: Duration, silence: Duration, count: usize) -> Self {
        let mut deltas = vec![silence; count];
        deltas.insert(0, Duration::ZERO);
        Self {
            first,
            deltas,
            tools: 0,
        }
    }

    /// Calls of `tools` tools and no text.
    pub(crate) fn tools(first: Duration, tools: usize) -> Self {
        Self {
            first,
            deltas: Vec::new(),
            tools,
        }
    }

    /// Time from the request to the last delta.
    pub(crate) fn duration(&self) -> Duration {
        self.first + self.deltas.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_one_length_and_are_all_different() {
        let tokens: Vec<String> = (0..20_000).map(token).collect();
        assert!(tokens.iter().all(|token| token.len() == TOKEN_BYTES));
        assert!(tokens.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_reply_lasts_until_its_last_delta() {
        let ms = Duration::from_millis;
        assert_eq!(Reply::steady(ms(300), 50.0, 3).duration(), ms(340));
        assert_eq!(Reply::burst(ms(300), ms(1000), 75).duration(), ms(1300));
        assert_eq!(Reply::tools(ms(300), 8).duration(), ms(300));
    }
}
