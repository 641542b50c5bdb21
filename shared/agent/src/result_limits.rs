//! Limits of tool results: what is stored, and with it what the model gets in this and in later requests.

use longwire_core::text::prefix;

use crate::tool_calls::MAX_CALLS;

/// Most bytes of one result.
const MAX_RESULT_BYTES: usize = 96 * 1024;

/// Most bytes of the results of one step. They are stored in one item, which DynamoDB limits to 400 KB ("Quotas in
/// Amazon DynamoDB").
const MAX_STEP_BYTES: usize = 300 * 1024;

/// Bytes kept for the result of each call that is refused because it is one too many, with its ids.
const REFUSAL_BYTES: usize = 256;

/// Bytes that the results of a step may still take, given out in the order of the calls.
#[derive(Debug)]
pub(super) struct ResultBytes {
    /// Bytes left for the calls that may be run.
    left: usize,
    /// Calls without a result that may be run.
    calls: usize,
}

/// Result of a call as it is stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Limited {
    /// The content, with a note for the model at its end when it was cut.
    pub content: String,
    /// Size of the content before it was cut, in bytes; `None` when it was not.
    pub cut_from: Option<usize>,
}

impl ResultBytes {
    /// Starts a step with this number of calls.
    pub(super) fn new(calls: usize) -> Self {
        let refused = calls.saturating_sub(MAX_CALLS);
        Self {
            left: MAX_STEP_BYTES.saturating_sub(refused.saturating_mul(REFUSAL_BYTES)),
            calls: calls.min(MAX_CALLS),
        }
    }

    /// Takes bytes for what is stored beside the results. JSON text takes twice its length at most.
    pub(super) fn take_text(&mut self, text: &str) {
        self.left = self.left.saturating_sub(2 * text.len());
    }

    /// Limits the result of the next call: to 96 KB, and to an equal share of what the calls before it left, so that
    /// a long result leaves room for those after it.
    pub(super) fn limit(&mut self, content: String) -> Limited {
        // A call beyond `MAX_CALLS` gets a short error; `REFUSAL_BYTES` are reserved for it.
        let Some(share) = self.left.checked_div(self.calls) else {
            return limit(content, REFUSAL_BYTES);
        };
        let limited = limit(content, share.min(MAX_RESULT_BYTES));
        self.calls -= 1;
        self.left = self.left.saturating_sub(limited.content.len());
        limited
    }
}

/// Cuts a content that takes more than `bytes` bytes at a character boundary.
fn limit(content: String, bytes: usize) -> Limited {
    let whole = content.len();
    if whole <= bytes {
        return Limited {
            content,
            cut_from: None,
        };
    }
    // A shorter prefix never makes the note longer.
    let room = bytes.saturating_sub(note(bytes, whole).len());
    let kept = prefix(&content, room);
    Limited {
        content: format!("{kept}{}", note(kept.len(), whole)),
        cut_from: Some(whole),
    }
}

/// Note for the model at the end of a content that was cut.
fn note(kept: usize, whole: usize) -> String {
    format!("\n[This result was cut: these are the first {kept} of its {whole} bytes.]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> String {
        "a".repeat(bytes)
    }

    fn sizes(results: &[usize]) -> Vec<usize> {
        let mut bytes = ResultBytes::new(results.len());
        let results = results.iter();
        results
            .map(|&size| bytes.limit(text(size)).content.len())
            .collect()
    }

    #[test]
    fn a_result_of_96_kb_is_kept_and_a_longer_one_is_cut_and_says_so() {
        let whole = text(MAX_RESULT_BYTES);
        let kept = ResultBytes::new(1).limit(whole.clone());
        assert_eq!((kept.content, kept.cut_from), (whole, None));

        let cut = ResultBytes::new(1).limit(text(MAX_RESULT_BYTES + 1));
        assert_eq!(cut.cut_from, Some(98_305));
        assert_eq!(cut.content.len(), MAX_RESULT_BYTES);
        let note = "a\n[This result was cut: these are the first 98235 of its 98305 bytes.]";
        assert!(
            cut.content.ends_with(note),
            "{}",
            &cut.content[cut.content.len() - 100..]
        );
    }

    #[test]
    fn a_result_is_cut_between_characters() {
        for shift in 0..4 {
            let content = text(shift) + &"🦀".repeat(30_000);
            let cut = ResultBytes::new(1).limit(content.clone());
            assert!(cut.content.len() <= MAX_RESULT_BYTES);
            assert!(cut.content.len() > MAX_RESULT_BYTES - 4);
            let (kept, _) = cut.content.rsplit_once("\n[").expect("a note");
            assert!(content.starts_with(kept));
        }
    }

    #[test]
    fn long_results_of_a_step_share_300_kb() {
        let long = 256 * 1024;
        assert_eq!(sizes(&[long; 3]), [MAX_RESULT_BYTES; 3]);
        let sixteen = sizes(&[long; 16]);
        assert!(sixteen.iter().all(|&size| size == MAX_STEP_BYTES / 16));
        assert!(sizes(&[long; 5]).iter().sum::<usize>() <= MAX_STEP_BYTES);
    }

    #[test]
    fn short_results_leave_their_share_to_later_calls() {
        let mut results = [100; 16];
        results[15] = 90 * 1024;
        assert_eq!(sizes(&results), results);
    }

    #[test]
    fn calls_beyond_those_that_are_run_do_not_take_their_room() {
        let mut results = [100; 800];
        results[..16].fill(256 * 1024);
        let sizes = sizes(&results);
        let run: usize = sizes[..16].iter().sum();
        assert!(run <= MAX_STEP_BYTES - 784 * REFUSAL_BYTES);
        assert!(sizes[..16].iter().all(|&size| size > 6_000), "{sizes:?}");
        assert!(sizes[16..].iter().all(|&size| size == 100));
    }
}
