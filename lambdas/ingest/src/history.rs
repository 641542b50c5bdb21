//! `history`: what was said before.

use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::fields::invalid;
use longwire_protocol::request::history::{History, Wanted};
use longwire_protocol::response::Response;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_protocol::response::history::{ActiveRun, HistoryMessage, HistoryPage, Pending};
use longwire_protocol::response::page::Place;
use longwire_store::connections::Connection;
use longwire_store::threads::run_queue::Meta;

use crate::answer::{faulty, schedule_failed};
use crate::handler::Call;
use crate::thread::key;
use crate::thread_page::{self, View};

/// Answers with a page, or with a part of a message.
pub(crate) async fn answer(
    call: &Call<'_>,
    id: Option<String>,
    connection: &Connection,
    wish: History,
) -> Result<Response, ErrorResponse> {
    let own = &connection.thread_id;
    let key = key(connection, wish.thread_id);
    let empty = HistoryPage {
        id,
        thread_id: key.thread_id.clone(),
        messages: Vec::new(),
        next: None,
        run: None,
        pending: Pending::default(),
    };
    let meta = call.deps.threads.meta(&key, call.now()).await;
    let page = match meta.map_err(|fault| faulty(&fault))? {
        Some(meta) => filled(call, &key, &meta, &wish.wanted, empty).await?,
        // A connection's own thread begins with its first prompt.
        None if key.thread_id == *own => empty,
        None => return Err(unknown(&key)),
    };
    Ok(Response::History(page))
}

async fn filled(
    call: &Call<'_>,
    key: &ThreadKey,
    meta: &Meta,
    wanted: &Wanted,
    empty: HistoryPage,
) -> Result<HistoryPage, ErrorResponse> {
    let active = active(call, key, meta).await?;
    let view = View {
        meta,
        unfinished: active.as_ref().map(|run| &run.run_id),
    };
    let (messages, before) = piece(call, key, view, wanted).await?;
    Ok(HistoryPage {
        messages,
        next: before.map(|place| place.to_string()),
        run: active,
        ..empty
    })
}

/// The active run, after a look whether anybody looks after it.
async fn active(
    call: &Call<'_>,
    key: &ThreadKey,
    meta: &Meta,
) -> Result<Option<ActiveRun>, ErrorResponse> {
    let Some(head) = meta.head() else {
        return Ok(None);
    };
    let row = call.deps.scheduler.read_head(key, head, call.now()).await;
    let row = row.map_err(|error| schedule_failed(&error))?;
    let unfinished = row.filter(|row| !row.status.ended());
    Ok(unfinished.map(
        |RunRow {
             status, last_seq, ..
         }| ActiveRun {
            run_id: head.clone(),
            status,
            last: last_seq,
        },
    ))
}

async fn piece(
    call: &Call<'_>,
    key: &ThreadKey,
    view: View<'_>,
    wanted: &Wanted,
) -> Result<(Vec<HistoryMessage>, Option<Place>), ErrorResponse> {
    let threads = &call.deps.threads;
    match wanted {
        Wanted::Page { limit, before } => {
            let page = thread_page::page(threads, key, view, *limit, *before).await;
            page.map_err(|fault| faulty(&fault))
        }
        Wanted::Part { message_id, offset } => {
            let whole = thread_page::shown(threads, key, view, message_id).await;
            let whole = whole.map_err(|fault| faulty(&fault))?;
            let whole =
                whole.ok_or_else(|| invalid("`messageId` names no message of this thread."))?;
            let part = whole.part(*offset).ok_or_else(|| {
                invalid("`offset` must lie in the message, between two characters.")
            })?;
            Ok((vec![part], None))
        }
    }
}

/// The same for a thread that is somebody else's: it is in another partition, and not looked for.
fn unknown(key: &ThreadKey) -> ErrorResponse {
    ErrorResponse {
        thread_id: Some(key.thread_id.clone()),
        ..ErrorResponse::new(Code::ThreadNotFound, "`threadId` names no thread of yours.")
    }
}
