//! The task: takes orders, starts posts, sees them land.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::coalesce::is_delta;
use crate::event_log::EventLog;
use crate::outbox::Outbox;
use crate::pace::{Pace, Rate};
use crate::post::{Post, PostError, attempt};
use crate::settings::{Notice, Settings};
use crate::sink::Order;
use crate::subscriber::{Subscriber, Subscribers, landing};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use longwire_protocol::numbered::Draft;
use longwire_protocol::response::Response;
use longwire_protocol::response::alive::Alive;

/// How many orders are taken before posts start: what was emitted together leaves together.
const ORDERS: usize = 64;

/// The sender's state. Only its task has it.
pub(super) struct Dispatcher {
    settings: Settings,
    post: Post,
    lease: watch::Receiver<Instant>,
    log: EventLog,
    rate: Rate,
    watchers: Subscribers,
    notices: mpsc::UnboundedSender<Notice>,
    drains: Vec<oneshot::Sender<()>>,
    /// When the last line came, or `alive` was last said.
    quiet_since: Instant,
    stopped: bool,
}

impl Dispatcher {
    pub(super) fn new(
        settings: Settings,
        post: Post,
        lease: watch::Receiver<Instant>,
        log: EventLog,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Self {
        Self {
            settings,
            post,
            lease,
            log,
            rate: Rate::default(),
            watchers: Subscribers::new(),
            notices,
            drains: Vec::new(),
            quiet_since: Instant::now(),
            stopped: false,
        }
    }

    /// Runs until it is told to stop, or nobody is left to tell it anything.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut orders = Vec::with_capacity(ORDERS);
        while !self.stopped {
            let wake = self.advance(Instant::now());
            tokio::select! {
                biased;
                (connection, result) = landing(&mut self.watchers) => self.landed(connection, result),
                count = inbox.recv_many(&mut orders, ORDERS) => {
                    self.stopped |= count == 0;
                    orders.drain(..).for_each(|order| self.obey(order));
                }
                // A lease whose keeper is gone changes no more.
                Ok(()) = self.lease.changed() => {}
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Emit(draft) => self.emit(draft),
            Order::Attach(connection, cursor) => self.attach(connection, cursor),
            Order::Detach(connection) => {
                self.watchers.remove(&connection);
            }
            Order::Fill(connection, page) => self.fill(connection, page),
            Order::Cursors(answer) => reply(answer, self.cursors()),
            Order::Batch(answer) => reply(answer, self.log.batch()),
            Order::Close(last, answer) => reply(answer, self.log.close(last, Instant::now())),
            Order::Release => self.log.release(),
            Order::Drain(done) => self.drains.push(done),
            Order::Stop(done) => {
                self.watchers.clear();
                self.stopped = true;
                reply(done, ());
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
    }

    fn attach(&mut self, connection: ConnectionId, cursor: Cursor) {
        let pace = Pace::new(self.settings.window);
        let outbox = Outbox::new(cursor, pace, &mut self.log);
        match self.watchers.get_mut(&connection) {
            Some(watcher) => watcher.rewind(outbox),
            None => {
                self.watchers.insert(connection, Subscriber::new(outbox));
            }
        }
    }

    /// A page for a connection that was wound back meanwhile is left: it asks again for what it wants now.
    fn fill(&mut self, connection: ConnectionId, page: Option<EventBatch>) {
        let Some(watcher) = self.watchers.get_mut(&connection) else {
            return;
        };
        match page {
            Some(page) if !page.events.is_empty() => watcher.outbox.fill(page),
            Some(_) | None => self.dismiss(connection, Notice::Stuck),
        }
    }

    fn cursors(&self) -> BTreeMap<ConnectionId, Cursor> {
        let watchers = self.watchers.iter();
        watchers
            .map(|(connection, watcher)| (connection.clone(), watcher.outbox.cursor()))
            .collect()
    }

    fn landed(&mut self, connection: ConnectionId, result: Result<(), PostError>) {
        if let Err(error) = result {
            if let PostError::Refused(_) = error {
                tracing::error!(%connection, %error, "a connection is given up");
            }
            self.dismiss(connection, Notice::Gone);
        }
    }

    /// Does everything that is due, and says when to look again.
    fn advance(&mut self, now: Instant) -> Option<Instant> {
        self.log.trim(self.settings.memory);
        self.dismiss_stuck(now);
        self.ask_for_pages();
        let posts = now + self.settings.post_timeout < *self.lease.borrow_and_update();
        if posts {
            self.stay_alive(now);
            self.launch(now);
        }
        self.answer_drains();
        self.wake(now, posts)
    }

    fn dismiss_stuck(&mut self, now: Instant) {
        let limit = self.settings.stuck_after;
        let stuck = self.watchers.iter().filter(|(_, watcher)| {
            let trying = watcher.outbox.trying();
            trying.is_some_and(|since| since + limit <= now)
        });
        let stuck: Vec<ConnectionId> = stuck.map(|(connection, _)| connection.clone()).collect();
        for connection in stuck {
            self.dismiss(connection, Notice::Stuck);
        }
    }

    fn ask_for_pages(&mut self) {
        for (connection, watcher) in &mut self.watchers {
            if let Some(after) = watcher.outbox.wants(&self.log) {
                // An owner that does not listen leaves the connection without what it lacks.
                let _ = self.notices.send(Notice::Wants(connection.clone(), after));
            }
        }
    }

    fn dismiss(&mut self, connection: ConnectionId, notice: fn(ConnectionId) -> Notice) {
        self.watchers.remove(&connection);
        // An owner that does not listen needs no notice.
        let _ = self.notices.send(notice(connection));
    }

    fn stay_alive(&mut self, now: Instant) {
        if now < self.alive_at() || self.log.is_over() {
            return;
        }
        self.quiet_since = now;
        let alive = alive(&self.log);
        for watcher in self.watchers.values_mut() {
            if watcher.outbox.hears_control() && watcher.done(&self.log) {
                watcher.outbox.say(alive.clone());
            }
        }
    }

    fn launch(&mut self, now: Instant) {
        let rate = self.rate.per_second(now);
        for (connection, watcher) in &mut self.watchers {
            let due = watcher.outbox.due(&self.log, rate, now);
            if watcher.in_flight() || due.is_none_or(|due| due > now) {
                continue;
            }
            if let Some(frame) = watcher.outbox.next(&mut self.log, now) {
                let limit = self.settings.post_timeout;
                let answer = attempt(&self.post, connection.clone(), frame, limit);
                watcher.launch(now, answer);
            }
        }
    }

    fn answer_drains(&mut self) {
        if self
            .watchers
            .values()
            .all(|watcher| watcher.done(&self.log))
        {
            self.drains.drain(..).for_each(|waiting| reply(waiting, ()));
        }
    }

    /// The next moment something falls due. Posts are left out while the lease does not allow any: then
    /// only the lease's change matters.
    fn wake(&self, now: Instant, posts: bool) -> Option<Instant> {
        let rate = self.rate.per_second(now);
        let due = self.watchers.values().filter_map(|watcher| {
            let idle = posts && !watcher.in_flight();
            let due = idle
                .then(|| watcher.outbox.due(&self.log, rate, now))
                .flatten();
            let stuck = watcher
                .outbox
                .trying()
                .map(|t| t + self.settings.stuck_after);
            due.into_iter().chain(stuck).min()
        });
        let alive = (posts && !self.log.is_over()).then(|| self.alive_at());
        due.chain(alive).min()
    }

    fn alive_at(&self) -> Instant {
        self.quiet_since + self.settings.alive_every
    }
}

fn reply<T>(asked: oneshot::Sender<T>, answer: T) {
    // Whoever stopped waiting for the answer needs none.
    let _ = asked.send(answer);
}

/// The run goes on though it says nothing.
fn alive(log: &EventLog) -> String {
    let alive = Alive {
        run_id: log.run().clone(),
        last: log.sendable(),
    };
    alive.json()
}
