//! The start of the context window.

use longwire_core::message::{Message, Role};

use crate::context_window::tokens;

/// Number of steps per window size. The window moves by a quarter of its size, so that several requests share
/// their prefix: a window of 20 messages moves by 5 and shows 16 to 20. A window that moved with every message
/// would make every request miss the prompt cache.
const STEPS: usize = 4;

/// Index of the first message to show: a prompt, or the end when there is none. A cut elsewhere
/// could separate a tool call from its result. `size` is the most messages to show, `before` the number of
/// messages of the thread before `stored`.
pub(super) fn start(stored: &[Message], size: usize, before: usize) -> usize {
    prompt_from(stored, earliest(stored.len(), size, before))
}

/// Index of the first prompt at `index` or after it; that of the last one when there is none. Of a conversation without one, which
/// a long chain of the client's tools leaves, the first answer at `index` or after it, the last one, or the end.
pub(super) fn prompt_from(stored: &[Message], index: usize) -> usize {
    let prompt = |from: usize| {
        let rest = stored.iter().enumerate().skip(from);
        rest.filter(|(_, message)| message.is_prompt())
            .map(|(index, _)| index)
    };
    prompt(index)
        .next()
        .or_else(|| prompt(0).next_back())
        .or_else(|| answers(stored).find(|answer| *answer >= index))
        .or_else(|| answers(stored).next_back())
        .unwrap_or(stored.len())
}

/// Indexes of the answers. One that begins a window has its results behind it.
fn answers(stored: &[Message]) -> impl DoubleEndedIterator<Item = usize> {
    let answers = stored
        .iter()
        .enumerate()
        .filter(|(_, message)| message.role == Role::Assistant);
    answers.map(|(index, _)| index)
}

/// Index of the first message to show from `start` on, a prompt, so that the messages after it have this many
/// tokens at most, by estimate. The last prompt is shown even when there are more, unless a run that follows it has only the
/// results of its client's tools: then an answer of an earlier run may be the first.
pub(super) fn within(stored: &[Message], start: usize, tokens: u64) -> usize {
    let mut left = Some(tokens);
    let newest_first = stored.iter().enumerate().skip(start).rev();
    let fitting = newest_first.take_while(|(_, message)| {
        left = left.and_then(|left| left.checked_sub(tokens::of_message(message)));
        left.is_some()
    });
    let fitting: Vec<_> = fitting.collect();
    let prompt = |(_, message): &&(usize, &Message)| message.is_prompt();
    let of_earlier_run = |(_, message): &&(usize, &Message)| {
        let current = stored.last().map(|last| &last.run_id);
        message.role == Role::Assistant && Some(&message.run_id) != current
    };
    let first = fitting.iter().rfind(prompt);
    let first = first.or_else(|| fitting.iter().rfind(of_earlier_run));
    first.map_or_else(|| prompt_from(stored, stored.len()), |(index, _)| *index)
}

/// First index that the size allows, on a step counted from the first message of the thread.
fn earliest(stored: usize, size: usize, before: usize) -> usize {
    let size = size.max(1);
    let step = (size / STEPS).max(1);
    let surplus = before.saturating_add(stored).saturating_sub(size);
    let dropped = surplus.div_ceil(step).saturating_mul(step);
    dropped.saturating_sub(before)
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::{CallId, MessageId, RunId};
    use longwire_core::message::{Block, Role};
    use longwire_core::tool::{ToolOutcome, ToolResult};

    use super::*;

    /// Thread of alternating questions and answers.
    fn thread(length: usize) -> Vec<Message> {
        let run = RunId::trusted("r");
        let message = |index: usize| match index % 2 {
            0 => Message::user(MessageId::trusted(index.to_string()), run.clone(), "?"),
            _ => Message::new(Role::Assistant, run.clone(), Vec::new()),
        };
        (0..length).map(message).collect()
    }

    #[test]
    fn the_window_moves_by_a_quarter_of_its_size() {
        let starts: Vec<_> = (19..=31)
            .step_by(2)
            .map(|length| start(&thread(length), 20, 0))
            .collect();
        // 19 messages fit; of 21 and 25, 5 are cut and one more to start at a question; of 27, 10 are cut.
        assert_eq!(starts, [0, 6, 6, 6, 10, 10, 16]);
    }

    #[test]
    fn the_cut_does_not_depend_on_how_many_messages_were_loaded() {
        let all = thread(61);
        for before in (0..40).step_by(2) {
            let cut = start(&all[before..], 20, before);
            assert_eq!(before + cut, start(&all, 20, 0), "before {before}");
        }
    }

    /// Chain of runs of one answer each, in which every run begins with results of the client's tools.
    fn chain(runs: usize) -> Vec<Message> {
        let run = |number: usize| {
            let run_id = RunId::trusted(format!("r_{number}"));
            let result = Block::ToolResult(ToolResult {
                message_id: MessageId::random(),
                call_id: CallId::trusted(format!("tc_{number}")),
                outcome: ToolOutcome::Success,
                content: "done".to_owned(),
                decision: None,
            });
            [
                Message::new(Role::User, run_id.clone(), vec![result]),
                Message::new(Role::Assistant, run_id, Vec::new()),
            ]
        };
        (0..runs).flat_map(run).collect()
    }

    #[test]
    fn a_window_without_a_question_begins_with_an_answer() {
        let stored = chain(20);
        for size in [1, 4, 20, 39, 40] {
            let first = start(&stored, size, 0);
            assert_eq!(stored[first].role, Role::Assistant, "{size} messages");
            let tokens = within(&stored, first, 0);
            assert_eq!(
                stored[tokens].role,
                Role::Assistant,
                "{size} messages, no tokens"
            );
        }
        assert_eq!(start(&stored, 20, 0), 21);
        assert_eq!(start(&stored[..1], 20, 0), 1, "results alone");
    }

    #[test]
    fn tokens_cut_a_chain_at_an_answer_of_an_earlier_run() {
        let mut stored = thread(2);
        stored.extend(chain(3));
        stored.extend(chain(10).into_iter().skip(18).take(1));
        let of_last = |messages: usize| {
            let last = stored.iter().rev().take(messages);
            last.map(tokens::of_message).sum::<u64>()
        };
        assert_eq!(within(&stored, 0, u64::MAX), 0, "everything fits");
        let cut = within(&stored, 0, of_last(4));
        assert_eq!((cut, stored[cut].role), (5, Role::Assistant));
    }

    #[test]
    fn a_window_does_not_begin_at_a_text_for_an_unfinished_run() {
        let mut stored = thread(5);
        stored[2].steered = true;
        assert_eq!(prompt_from(&stored, 1), 4);
        stored[4].steered = true;
        assert_eq!((prompt_from(&stored, 1), start(&stored, 1, 0)), (0, 0));
        assert_eq!(within(&stored, 0, 0), 0);
    }

    #[test]
    fn the_last_question_is_shown_in_any_window() {
        let mut stored = thread(5);
        stored
            .extend((0..9).map(|_| Message::new(Role::Assistant, RunId::trusted("r"), Vec::new())));
        for messages in [0, 1, 2, 8] {
            assert_eq!(start(&stored, messages, 0), 4);
        }
        assert_eq!(start(&stored, usize::MAX, usize::MAX), 0);
        assert_eq!(start(&[], 20, 0), 0);
    }

    #[test]
    fn a_conversation_without_a_question_begins_with_an_answer() {
        let answer = || Message::new(Role::Assistant, RunId::trusted("r"), Vec::new());
        let result = || {
            Block::ToolResult(ToolResult {
                message_id: MessageId::trusted("m"),
                call_id: CallId::trusted("tc"),
                outcome: ToolOutcome::Success,
                content: String::new(),
                decision: None,
            })
        };
        let results = || Message::new(Role::User, RunId::trusted("r"), vec![result()]);
        let chain: Vec<_> = (0..20).flat_map(|_| [answer(), results()]).collect();
        assert_eq!(start(&chain, 40, 0), 0);
        assert_eq!(start(&chain[1..], 40, 0), 1);
        assert_eq!(start(&chain, 8, 0) % 2, 0);
        assert!(chain.len() - start(&chain, 8, 0) <= 8);
        assert_eq!(prompt_from(&chain, chain.len()), 38);
    }
}
