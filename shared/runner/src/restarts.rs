//! Events of earlier workers: which are valid, and which restarts clients may not know. Pure.

use longwire_core::run::RunRow;

/// Number of the last event of earlier workers that is valid and need not be emitted again; 0 for the first worker.
///
/// RUN_STARTED is always valid, but a worker that crashed early may not have stored it: it is emitted again, with the
/// same bytes.
pub(crate) fn emitted_until(row: &RunRow) -> u64 {
    match restarts_to_emit(row).first() {
        Some(&last_valid) if last_valid > 1 => last_valid,
        Some(_) => 0,
        None => row.last_seq,
    }
}

/// Restarts whose events are emitted: the last one, unless the event log has it, and those right before it, whose
/// workers crashed before they stored anything. A client steps through every restart.
pub(crate) fn restarts_to_emit(row: &RunRow) -> &[u64] {
    let restarts = row.restarts.as_slice();
    if restarts.last().is_none_or(|last| last + 1 < row.last_seq) {
        return &[];
    }
    let consecutive = restarts
        .windows(2)
        .rev()
        .take_while(|pair| pair[1] == pair[0] + 1)
        .count();
    &restarts[restarts.len() - consecutive - 1..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attempt::tests::row;

    fn restarted(restarts: &[u64], last_seq: u64) -> RunRow {
        row(&json!({ "restarts": restarts, "lastSeq": last_seq }))
    }

    #[test]
    fn events_continue_after_the_last_one_that_need_not_be_emitted_again() {
        assert_eq!(emitted_until(&restarted(&[], 0)), 0, "a first worker");
        assert_eq!(
            emitted_until(&restarted(&[1], 2)),
            0,
            "RUN_STARTED may not be in the event log"
        );
        assert_eq!(emitted_until(&restarted(&[4, 9], 10)), 9);
        assert_eq!(
            emitted_until(&restarted(&[4, 9, 10], 11)),
            9,
            "the restart after event 9 was not stored"
        );
        assert_eq!(restarts_to_emit(&restarted(&[4, 9, 10], 11)), [9, 10]);
        assert_eq!(restarts_to_emit(&restarted(&[1, 2, 3], 4)), [1, 2, 3]);
        assert!(restarts_to_emit(&restarted(&[], 0)).is_empty());
    }

    #[test]
    fn nothing_is_emitted_again_after_a_planned_hand_over() {
        assert_eq!(emitted_until(&restarted(&[], 12)), 12);
        let logged = restarted(&[4], 12);
        assert_eq!(
            emitted_until(&logged),
            12,
            "its restart is in the event log"
        );
        assert!(restarts_to_emit(&logged).is_empty());
    }
}
