//! `history`: reads messages of a thread.

use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::history::{History, Selection};
use longwire_protocol::response::error::invalid;
use longwire_protocol::response::history::{ActiveRun, HistoryMessage, HistoryPage, Pending};
use longwire_protocol::response::page::PageCursor;
use longwire_scheduler::error::ScheduleError;
use longwire_store::error::StoreError;
use longwire_store::threads::meta::Meta;

use crate::call::Call;
use crate::failure::Failure;
use crate::thread_history::{ThreadHistory, Unfinished};

/// Returns a page of the thread's messages, or a part of one message.
pub(crate) async fn answer(call: &Call<'_>, history: History) -> Result<HistoryPage, Failure> {
    let key = call.key(history.thread_id);
    let page = HistoryPage {
        id: call.id.clone(),
        thread_id: key.thread_id.clone(),
        messages: Vec::new(),
        next: None,
        run: None,
        pending: Pending::default(),
    };
    match call.deps.threads.meta(&key, call.now()).await? {
        Some(meta) => fill(call, &key, &meta, history.selection, page).await,
        // The thread of a connection exists from its first prompt on.
        None if key.thread_id == call.connection.thread_id => Ok(page),
        None => Err(Failure::no_thread(&key)),
    }
}

async fn fill(
    call: &Call<'_>,
    key: &ThreadKey,
    meta: &Meta,
    selection: Selection,
    page: HistoryPage,
) -> Result<HistoryPage, Failure> {
    let (run, unfinished) = active_run(call, key, meta).await?.unzip();
    let history = ThreadHistory {
        threads: &call.deps.threads,
        key,
        generation: meta.generation,
        unfinished: unfinished.as_ref(),
    };
    let pending = meta
        .pending
        .as_ref()
        .filter(|pending| !pending.expired(call.now()));
    let pending = pending.map(Pending::from).unwrap_or_default();
    let (messages, next) = select(history, selection, &pending).await?;
    Ok(HistoryPage {
        pending,
        messages,
        next: next.map(|cursor| cursor.to_string()),
        run,
        ..page
    })
}

/// Reads the active run of the thread, and wakes it if it is overdue.
async fn active_run(
    call: &Call<'_>,
    key: &ThreadKey,
    meta: &Meta,
) -> Result<Option<(ActiveRun, Unfinished)>, Failure> {
    let Some(head) = meta.active() else {
        return Ok(None);
    };
    let row = match call.scheduler().read_head(key, head, call.now()).await {
        // The messages can be read, although a newer version wrote the run.
        Err(ScheduleError::Store(error @ StoreError::Corrupt(_))) => {
            tracing::error!(event = "run_unreadable", run = %head, %error, "the active run cannot be read");
            None
        }
        row => row?,
    };
    let unfinished = row.filter(|row| !row.status.ended());
    Ok(unfinished.map(|row| {
        let active = ActiveRun {
            run_id: head.clone(),
            status: row.status,
            last: row.last_seq,
        };
        let unfinished = Unfinished {
            run_id: head.clone(),
            message_id: row.message_id,
        };
        (active, unfinished)
    }))
}

/// Reads the selected messages, and the cursor of the page before them.
async fn select(
    history: ThreadHistory<'_>,
    selection: Selection,
    pending: &Pending,
) -> Result<(Vec<HistoryMessage>, Option<PageCursor>), Failure> {
    match selection {
        Selection::Page { limit, before } => Ok(history.page(limit, before, pending).await?),
        Selection::Part { message_id, offset } => {
            let message = history.message(&message_id).await?;
            let message =
                message.ok_or_else(|| invalid("`messageId` names no message of this thread."))?;
            let part = message.part(offset).ok_or_else(|| {
                invalid("`offset` must lie in the message, between two characters.")
            })?;
            Ok((vec![part], None))
        }
    }
}
