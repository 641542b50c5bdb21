//! Run that an event starts.

use std::time::Duration;

use longwire_core::cloud_event::CloudEvent;
use longwire_core::event_run::EventRun;
use longwire_core::ids::ThreadId;
use longwire_core::options::{IfBusy, OnGone};
use longwire_core::origin::Origin;
use longwire_core::payment::Payer;
use longwire_core::thread_key::ThreadKey;
use longwire_scheduler::start::Started;
use longwire_store::active_threads::{ActiveThread, Admission, Admitted};
use longwire_store::connections::Connection;
use longwire_store::event_key::EventKey;
use longwire_store::threads::active::RECORDING;
use longwire_store::threads::record::NewRun;
use longwire_store::users::budget::Spending;
use longwire_store::users::prompted::Prompted;
use tokio::time::timeout;

use crate::deps::Deps;
use crate::request::Prompt;
use crate::response::Failure;

/// Time limit of a start. The admission of its thread counts for [`RECORDING`] only, until the run is recorded.
const START_LIMIT: Duration = Duration::from_secs(3);

const _: () = assert!(START_LIMIT.as_millis() < RECORDING as u128);

/// Starts the run of an event, on the user's account. An event that was sent before starts no other one.
pub(crate) async fn start(
    deps: &Deps,
    prompt: &Prompt,
    event: &CloudEvent,
) -> Result<EventRun, Failure> {
    let run = NewPrompt {
        deps,
        prompt,
        event,
        key: EventKey::of(event),
        millis: deps.clock.unix_millis(),
    };
    let started = timeout(START_LIMIT, run.start());
    match started.await.map_err(|_| Failure::SlowStart)?? {
        Start::Repeated(run) => Ok(run),
        Start::Recorded(recorded) => {
            run.note_started(&recorded).await?;
            Ok(recorded)
        }
    }
}

/// Prompt of an event at a time.
struct NewPrompt<'a> {
    deps: &'a Deps,
    prompt: &'a Prompt,
    event: &'a CloudEvent,
    /// Name of the event.
    key: EventKey,
    /// Current time, in milliseconds since 1970.
    millis: u64,
}

/// Outcome of a start.
enum Start {
    /// An earlier request has started the run.
    Repeated(EventRun),
    /// The run is recorded, which is not noted yet.
    Recorded(EventRun),
}

impl NewPrompt<'_> {
    async fn start(&self) -> Result<Start, Failure> {
        let Deps { connections, .. } = self.deps;
        let newest = connections.newest(&self.prompt.user, self.now()).await?;
        let payer = self.payer(newest.as_ref());
        let spending = match &payer {
            Some(payer) => Some(self.deps.users.spending(&payer.user).await?),
            None => None,
        };
        let (run, started) = self.noted(newest.as_ref(), spending.as_ref()).await?;
        if started {
            return Ok(Start::Repeated(run));
        }
        let new = self.new_run(&run, payer);
        if let (Some(payer), Some(spending)) = (&new.payer, &spending) {
            self.admit(&new, payer, spending).await?;
        }
        // On the heap, because the future is large.
        match Box::pin(self.deps.scheduler.start(&new)).await? {
            // A thread that was deleted meanwhile had the run.
            Started::Accepted { .. } | Started::Duplicate { .. } | Started::Deleted => {
                Ok(Start::Recorded(run))
            }
            Started::Busy | Started::Waits | Started::MessageIdTaken => Err(Failure::Busy),
        }
    }

    /// Notes the run of the event before it starts. Returns the one of an earlier request with the same event, and whether that
    /// has started it.
    async fn noted(
        &self,
        newest: Option<&Connection>,
        spending: Option<&Spending>,
    ) -> Result<(EventRun, bool), Failure> {
        let run = EventRun::new(&self.key.to_string(), self.thread(newest, spending));
        let (user, now) = (&self.prompt.user, self.now());
        let noted = self
            .deps
            .users
            .note_prompted(user, &self.key, &run.thread_id, now);
        let Prompted { thread, started } = noted.await?;
        let run = EventRun {
            thread_id: thread,
            ..run
        };
        Ok((run, started))
    }

    /// Chooses the thread: the one that the request names; or that of the connection that the user opened last; for a user who
    /// is away, the one on which they began to write last, as far as the limit of active threads knows it; or else a new one.
    fn thread(&self, newest: Option<&Connection>, spending: Option<&Spending>) -> Option<ThreadId> {
        let named = self.prompt.thread.clone();
        let known = named.or_else(|| newest.map(|row| row.thread_id.clone()));
        known.or_else(|| spending.and_then(last_thread))
    }

    /// Notes that the run is recorded, so that no repetition starts it again when its thread is gone. A run whose note is missing
    /// is known by its id, as long as the thread lives.
    async fn note_started(&self, run: &EventRun) -> Result<(), Failure> {
        let user = &self.prompt.user;
        let users = &self.deps.users;
        let noted = users.note_started(user, &self.key, &run.thread_id, self.now());
        Ok(noted.await?)
    }

    /// User who pays, with the limits of the groups of their last connection; `None` where users are not told apart.
    fn payer(&self, newest: Option<&Connection>) -> Option<Payer> {
        let user = &self.prompt.user;
        let groups = newest.map_or(&[][..], |row| &row.groups);
        (!user.is_shared()).then(|| Payer {
            user: user.clone(),
            limits: self.deps.settings.limits.of(groups),
        })
    }

    fn new_run(&self, run: &EventRun, payer: Option<Payer>) -> NewRun {
        NewRun {
            key: ThreadKey {
                owner: self.prompt.user.owner(),
                thread_id: run.thread_id.clone(),
            },
            run_id: run.run_id.clone(),
            message_id: run.message_id(),
            reserves_id: false,
            prompt: self.prompt.text.clone(),
            context: Vec::new(),
            after: None,
            tools: Vec::new(),
            state: serde_json::Map::new(),
            supersede: false,
            event: Some(self.event.json().get().to_owned()),
            origin: Origin::service(self.event.source()),
            reasoning: false,
            if_busy: IfBusy::Queue,
            on_gone: OnGone::Finish,
            notify: self.prompt.notify,
            payer,
            subscriber: None,
            now: self.now(),
            recorded_at: self.millis,
            life: self.deps.settings.life,
        }
    }

    /// Refuses a run beyond a limit of the user, unless it exists.
    async fn admit(&self, run: &NewRun, payer: &Payer, spending: &Spending) -> Result<(), Failure> {
        let threads = &self.deps.threads;
        if threads.run_row(&run.key, &run.run_id).await?.is_some() {
            return Ok(());
        }
        if let Some(exhausted) = spending.exhausted(&payer.limits, self.now()) {
            return Err(Failure::QuotaExceeded(exhausted.text(&payer.limits)));
        }
        let Some(max) = payer.limits.threads else {
            return Ok(());
        };
        let thread = ActiveThread {
            thread: run.key.thread_id.clone(),
            admitted_at: Some(self.millis),
        };
        let contains = |active: &ActiveThread| active.thread == thread.thread;
        if spending.threads().iter().any(contains) {
            return Ok(());
        }
        let admission = Admission {
            owner: &run.key.owner,
            thread: &thread,
            max,
            now: self.millis,
        };
        let set = self.deps.users.active_threads(&payer.user);
        match Box::pin(set.admit(threads, admission)).await? {
            Admitted::TooMany => Err(Failure::TooManyThreads { max }),
            Admitted::Admitted | Admitted::Missing => Ok(()),
        }
    }

    /// Current time, in seconds since 1970.
    fn now(&self) -> u64 {
        self.millis / 1000
    }
}

/// Thread that was admitted last to the user's active threads.
fn last_thread(spending: &Spending) -> Option<ThreadId> {
    let threads = spending.threads().iter();
    let last = threads.max_by_key(|active| active.admitted_at)?;
    Some(last.thread.clone())
}
