//! The end of a run, told again: the worker that committed it may have died before it could.

use shared::aws::threads::keys::ThreadKey;
use shared::ids::{ConnectionId, RunId};
use shared::run::RunRow;
use shared::wire::shape::{Format, Lines, MAX_FRAME_BYTES};
use tokio::time::timeout;

use crate::deps::Deps;

/// Posts the last lines in the log to whoever watched the run. Clients know lines they have by `lw.seq`; the
/// other shapes have no such number, and a word twice is worse than an end missed, so they get nothing. Whatever
/// fails here is left: clients can ask for the history.
pub(crate) async fn post_end_again(deps: &Deps, key: &ThreadKey, run_id: &RunId, row: &RunRow) {
    let lines = match deps.threads.last_lines(key, run_id).await {
        Ok(lines) => lines,
        Err(fault) => return tracing::warn!(%fault, "the run's last lines could not be read"),
    };
    for (id, cursor) in &row.attached {
        if cursor.shape.format == Format::Agui {
            post(deps, id, frames(&lines, cursor.shape.lines)).await;
        }
    }
}

async fn post(deps: &Deps, id: &ConnectionId, frames: Vec<String>) {
    for frame in frames {
        let posted = timeout(
            deps.settings.sender.post_timeout,
            (deps.post)(id.clone(), frame),
        )
        .await;
        if !matches!(posted, Ok(Ok(()))) {
            return;
        }
    }
}

fn frames(lines: &str, shared: Lines) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for line in lines.lines() {
        match frames.last_mut() {
            Some(frame)
                if shared == Lines::Many && frame.len() + 1 + line.len() <= MAX_FRAME_BYTES =>
            {
                frame.push('\n');
                frame.push_str(line);
            }
            _ => frames.push(line.to_owned()),
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_share_frames_only_for_those_who_can_read_them() {
        assert_eq!(frames("a\nb", Lines::One), ["a", "b"]);
        assert_eq!(frames("a\nb", Lines::Many), ["a\nb"]);
        let long = "x".repeat(MAX_FRAME_BYTES - 1);
        assert_eq!(
            frames(&format!("{long}\nb"), Lines::Many),
            [long.as_str(), "b"]
        );
        assert!(frames("", Lines::Many).is_empty());
    }
}
