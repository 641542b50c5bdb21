//! The first events of an attempt: RUN_STARTED, or the restarts that clients may not know yet.

use longwire_protocol::event::Event;
use longwire_protocol::run_events::run_started;
use longwire_store::threads::lease::RunLease;
use longwire_stream::event_log::EventLog;
use longwire_stream::notice::Notices;
use longwire_stream::sink::{EventSink, Stopped};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::attempt::Attempt;
use crate::restarts::{emitted_until, restarts_to_emit};

impl Attempt<'_> {
    /// Starts the stream of the run's events. Posts need a lease that outlasts them.
    pub fn events(&self, lease: watch::Receiver<Instant>) -> (EventSink, Notices) {
        let RunLease { key, run_id, .. } = &self.lease;
        let log = EventLog::resume(
            key.thread_id.clone(),
            run_id.clone(),
            self.row.restarts.clone(),
            emitted_until(&self.row),
        );
        let runner = self.runner;
        let read = runner.read_events(key, run_id);
        let settings = runner.settings.stream.clone();
        longwire_stream::spawn(settings, runner.post.clone(), read, lease, log)
    }

    /// Emits the events with which the attempt starts.
    pub async fn emit_start(&self, events: &EventSink) -> Result<(), Stopped> {
        if emitted_until(&self.row) == 0 {
            let RunLease { key, run_id, .. } = &self.lease;
            let started = run_started(
                &key.thread_id,
                run_id,
                &self.row.origin,
                self.input.as_ref(),
                &self.first_results(),
            );
            events.emit(started).await?;
        }
        for &last_valid in restarts_to_emit(&self.row) {
            events.emit(Event::restart(last_valid)).await?;
        }
        Ok(())
    }
}
