//! Dispatcher: the task that executes commands, starts posts and reads, and applies their results.

use std::collections::BTreeMap;

use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use longwire_protocol::numbered::Draft;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::coalesce::is_delta;
use crate::event_log::EventLog;
use crate::notice::Notice;
use crate::outbox::Outbox;
use crate::pace::{Pace, Rate};
use crate::post::{self, Post};
use crate::read::{self, ReadEvents};
use crate::settings::Settings;
use crate::sink::Command;
use crate::subscriber::{Loss, Subscriber, Subscribers, completion};

/// Number of commands executed before posts start, so that events emitted together share a post.
const COMMANDS: usize = 64;

/// State of the dispatcher, owned by its task.
pub(crate) struct Dispatcher {
    settings: Settings,
    post: Post,
    read: ReadEvents,
    /// Expiry of the run lease.
    lease: watch::Receiver<Instant>,
    log: EventLog,
    rate: Rate,
    subscribers: Subscribers,
    /// Times until which connections may still be opening, as far as they are known.
    opening_until: BTreeMap<ConnectionId, Instant>,
    notices: mpsc::UnboundedSender<Notice>,
    /// Callers that wait until nothing is left to post.
    drains: Vec<oneshot::Sender<()>>,
    /// Time of the last event, or of the last `alive`.
    quiet_since: Instant,
    stopped: bool,
}

impl Dispatcher {
    pub(crate) fn new(
        settings: Settings,
        post: Post,
        read: ReadEvents,
        lease: watch::Receiver<Instant>,
        log: EventLog,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Self {
        Self {
            settings,
            post,
            read,
            lease,
            log,
            rate: Rate::default(),
            subscribers: Subscribers::new(),
            opening_until: BTreeMap::new(),
            notices,
            drains: Vec::new(),
            quiet_since: Instant::now(),
            stopped: false,
        }
    }

    /// Runs until it is stopped or the last sender of commands is dropped.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut received = Vec::with_capacity(COMMANDS);
        while !self.stopped {
            let wake = self.advance(Instant::now());
            tokio::select! {
                biased;
                (connection, result) = completion(&mut self.subscribers, &self.log) => {
                    if let Err(loss) = result {
                        self.lost(connection, loss);
                    }
                }
                count = commands.recv_many(&mut received, COMMANDS) => {
                    self.stopped |= count == 0;
                    received.drain(..).for_each(|command| self.execute(command));
                }
                // A lease whose owner is gone changes no more.
                Ok(()) = self.lease.changed() => {}
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
            }
        }
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Emit(draft) => self.emit(draft),
            Command::Attach(connection, cursor) => self.attach(connection, cursor),
            Command::Detach(connection) => {
                self.subscribers.remove(&connection);
            }
            Command::OpeningUntil(times) => self.set_opening_until(times),
            Command::Cursors(answer) => respond(answer, self.cursors()),
            Command::Batch(answer) => respond(answer, self.log.batch()),
            Command::Close(last, answer) => respond(answer, self.log.close(last, Instant::now())),
            Command::ConfirmBatch(last) => self.log.confirm_batch(last),
            Command::Release => self.log.release(),
            Command::Reopen => self.log.reopen(),
            Command::Drain(answer) => self.drains.push(answer),
            Command::Stop(answer) => {
                self.subscribers.clear();
                self.stopped = true;
                respond(answer, ());
            }
        }
    }

    fn emit(&mut self, draft: Draft) {
        let now = Instant::now();
        if is_delta(&draft.event) {
            self.rate.count(now);
        }
        self.quiet_since = now;
        self.log.push(draft, now);
        if !self.settings.coalesce {
            self.log.seal();
        }
    }

    fn attach(&mut self, connection: ConnectionId, cursor: Cursor) {
        let outbox = Outbox::new(cursor, &mut self.log);
        match self.subscribers.get_mut(&connection) {
            Some(subscriber) => subscriber.move_to(outbox),
            None => {
                let pace = Pace::new(self.settings.window, self.settings.min_post_interval);
                let now = Instant::now();
                let mut subscriber = Subscriber::new(outbox, pace, now);
                if let Some(until) = self.opening_until.get(&connection) {
                    subscriber.set_opening_until(*until, now);
                }
                self.subscribers.insert(connection, subscriber);
            }
        }
    }

    fn set_opening_until(&mut self, times: BTreeMap<ConnectionId, Instant>) {
        let now = Instant::now();
        for (connection, until) in times {
            let subscriber = self.subscribers.get_mut(&connection);
            if subscriber.is_some_and(|subscriber| subscriber.set_opening_until(until, now)) {
                self.give_up(connection.clone(), Notice::Gone);
            }
            self.opening_until.insert(connection, until);
        }
    }

    fn cursors(&self) -> BTreeMap<ConnectionId, Cursor> {
        let subscribers = self.subscribers.iter();
        subscribers
            .map(|(connection, subscriber)| (connection.clone(), subscriber.cursor()))
            .collect()
    }

    /// Does everything that is due and returns when something is due next.
    fn advance(&mut self, now: Instant) -> Option<Instant> {
        self.log.trim(self.settings.memory);
        self.give_up_stuck(now);
        self.start_reads(now);
        let may_post = now + self.settings.post_timeout < *self.lease.borrow_and_update();
        if may_post {
            self.add_alive(now);
            self.start_posts(now);
        }
        self.answer_drains();
        self.next_wake(now, may_post)
    }

    fn give_up_stuck(&mut self, now: Instant) {
        let limit = self.settings.stuck_after;
        let stuck = self.subscribers.iter().filter(|(_, subscriber)| {
            let stuck_at = subscriber.stuck_at(limit);
            stuck_at.is_some_and(|at| at <= now)
        });
        let stuck: Vec<ConnectionId> = stuck.map(|(connection, _)| connection.clone()).collect();
        for connection in stuck {
            tracing::warn!(
                event = "connection_stuck",
                %connection,
                "a connection accepted no frame for too long; it is detached"
            );
            self.give_up(connection, Notice::Stuck);
        }
    }

    fn lost(&mut self, connection: ConnectionId, loss: Loss) {
        match loss {
            Loss::Gone => self.give_up(connection, Notice::Gone),
            Loss::FrameRefused(error) => log_refused(&connection, &error),
            Loss::TooManyRefused(error) => {
                log_refused(&connection, &error);
                tracing::warn!(
                    event = "connection_stuck",
                    %connection,
                    "too many posts to a connection were refused; it is detached"
                );
                self.give_up(connection, Notice::Stuck);
            }
            Loss::Events => {
                tracing::warn!(
                    event = "connection_stuck",
                    %connection,
                    "the event log does not have the events that a connection is missing; it is detached"
                );
                self.give_up(connection, Notice::Stuck);
            }
        }
    }

    fn give_up(&mut self, connection: ConnectionId, notice: fn(ConnectionId) -> Notice) {
        self.subscribers.remove(&connection);
        // An owner that dropped the receiver needs no notice.
        let _ = self.notices.send(notice(connection));
    }

    fn start_reads(&mut self, now: Instant) {
        for subscriber in self.subscribers.values_mut() {
            let due = subscriber.read_due(&self.log, now);
            if due.is_some_and(|due| due <= now) {
                let (after, limit) = (subscriber.read_after(), self.settings.read_timeout);
                subscriber.start_read(read::start(&self.read, after, limit), now);
            }
        }
    }

    fn add_alive(&mut self, now: Instant) {
        if now < self.alive_at() || self.log.is_over() {
            return;
        }
        self.quiet_since = now;
        for subscriber in self.subscribers.values_mut() {
            subscriber.add_alive(&self.log);
        }
    }

    fn start_posts(&mut self, now: Instant) {
        let rate = self.rate.per_second(now);
        for (connection, subscriber) in &mut self.subscribers {
            let due = subscriber.post_due(&self.log, rate, now);
            if due.is_none_or(|due| due > now) {
                continue;
            }
            if let Some(frame) = subscriber.next_frame(&mut self.log) {
                let limit = self.settings.post_timeout;
                let post = post::start(&self.post, connection.clone(), frame, limit);
                subscriber.start_post(post, now);
            }
        }
    }

    fn answer_drains(&mut self) {
        let mut subscribers = self.subscribers.values();
        if subscribers.all(|subscriber| subscriber.done(&self.log)) {
            self.drains.drain(..).for_each(|answer| respond(answer, ()));
        }
    }

    /// Time at which something is due next. Posts do not count while the lease allows none: then only a change of
    /// the lease matters.
    fn next_wake(&self, now: Instant, may_post: bool) -> Option<Instant> {
        let rate = self.rate.per_second(now);
        let subscribers = self.subscribers.values().flat_map(|subscriber| {
            let post = may_post.then(|| subscriber.post_due(&self.log, rate, now));
            let read = subscriber.read_due(&self.log, now);
            let stuck = subscriber.stuck_at(self.settings.stuck_after);
            [post.flatten(), read, stuck].into_iter().flatten()
        });
        let alive = (may_post && !self.log.is_over()).then(|| self.alive_at());
        subscribers.chain(alive).min()
    }

    fn alive_at(&self) -> Instant {
        self.quiet_since + self.settings.alive_every
    }
}

fn log_refused(connection: &ConnectionId, error: &str) {
    // The alarm `errors` counts this line (terraform/modules/alarms/metrics.tf).
    tracing::error!(
        event = "post_refused",
        %connection,
        error,
        "a post was refused; its frame is dropped"
    );
}

fn respond<T>(answer: oneshot::Sender<T>, value: T) {
    // A caller that stopped waiting needs no answer.
    let _ = answer.send(value);
}
