//! `inbox`: reads the events that are kept for the user.

use longwire_protocol::request::inbox::{Inbox, InboxResponse, KeptPush};
use longwire_store::users::inbox::{KeptEvent, MAX_EVENTS};

use crate::call::Call;
use crate::failure::Failure;

/// Returns the events after a number.
pub(crate) async fn answer(call: &Call<'_>, request: Inbox) -> Result<InboxResponse, Failure> {
    let (users, user) = (&call.deps.users, &call.connection.user);
    let page = users.inbox(user, request.after, request.limit, call.now());
    let state = users.inbox_state(user, call.connection.device_id.as_ref());
    let (page, state) = tokio::join!(page, state);
    let page = page?;
    let pushes = page.events.iter().map(push).collect();
    let dropped = state?.last.saturating_sub(MAX_EVENTS);
    let dropped = dropped.saturating_sub(request.after);
    Ok(InboxResponse::new(
        call.id.clone(),
        pushes,
        page.next,
        dropped,
    ))
}

fn push(kept: &KeptEvent) -> KeptPush {
    KeptPush {
        seq: kept.seq,
        run: kept.run.clone(),
        event: kept.event.json().to_owned(),
    }
}
