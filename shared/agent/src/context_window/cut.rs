//! Where the window begins.

use crate::context_window::Window;
use longwire_core::message::Message;

/// The window moves in steps of this part of its size, so that several requests in a row share their
/// beginning: with 20 messages it moves by 5 and shows 16 to 20. A window that moved with each message would
/// make the prompt cache miss each time.
const STEPS: usize = 4;

/// The index of the first message to show: a plain user message, or the end when there is none. A cut
/// anywhere else could part a call from its result.
pub(super) fn start(stored: &[Message], window: Window) -> usize {
    let earliest = earliest(stored.len(), window);
    let plain = |from: usize| {
        let rest = stored.iter().enumerate().skip(from);
        rest.filter(|(_, message)| message.is_plain_user())
            .map(|(index, _)| index)
    };
    plain(earliest)
        .next()
        .or_else(|| plain(0).next_back())
        .unwrap_or(stored.len())
}

/// The first index the window's size allows, on a step counted from the thread's very first message.
fn earliest(stored: usize, window: Window) -> usize {
    let size = window.messages.max(1);
    let step = (size / STEPS).max(1);
    let surplus = window.before.saturating_add(stored).saturating_sub(size);
    let dropped = surplus.div_ceil(step).saturating_mul(step);
    dropped.saturating_sub(window.before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use longwire_core::ids::{MessageId, RunId};
    use longwire_core::message::Role;

    /// A thread of questions and answers in turn.
    fn thread(length: usize) -> Vec<Message> {
        let run = RunId::trusted("r");
        let message = |index: usize| match index % 2 {
            0 => Message::user(MessageId::trusted(index.to_string()), run.clone(), "?"),
            _ => Message::new(Role::Assistant, run.clone(), Vec::new()),
        };
        (0..length).map(message).collect()
    }

    fn sized(messages: usize, before: usize) -> Window {
        Window {
            messages,
            before,
            cache_points: false,
        }
    }

    #[test]
    fn a_window_moves_in_steps_of_a_quarter() {
        let starts: Vec<_> = (19..=31)
            .step_by(2)
            .map(|length| start(&thread(length), sized(20, 0)))
            .collect();
        // 19 fit; 21 and 25 leave out 5 (and one more to come to a question); 27 leaves out 10.
        assert_eq!(starts, [0, 6, 6, 6, 10, 10, 16]);
    }

    #[test]
    fn the_cut_is_the_same_whether_all_or_only_the_newest_messages_were_loaded() {
        let all = thread(61);
        for before in (0..40).step_by(2) {
            let cut = start(&all[before..], sized(20, before));
            assert_eq!(before + cut, start(&all, sized(20, 0)), "before {before}");
        }
    }

    #[test]
    fn the_last_question_stays_however_small_the_window() {
        let mut stored = thread(5);
        stored
            .extend((0..9).map(|_| Message::new(Role::Assistant, RunId::trusted("r"), Vec::new())));
        for messages in [0, 1, 2, 8] {
            assert_eq!(start(&stored, sized(messages, 0)), 4);
        }
        assert_eq!(start(&stored, sized(usize::MAX, usize::MAX)), 0);
        assert_eq!(start(&[], sized(20, 0)), 0);
        assert_eq!(start(&stored[5..], sized(20, 0)), 9);
    }
}
