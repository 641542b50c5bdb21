//! Concludes an attempt whose agent loop has ended: the run is finished or handed over, or goes on.

use longwire_agent::ctx::{Stage, Step};
use longwire_core::message::{Message, Usage};
use longwire_core::run::{RunEnd, RunErrorCode};
use longwire_stream::sink::EventSink;

use crate::account::Spent;
use crate::attempt::Attempt;
use crate::ending::Ending;
use crate::error::AttemptError;
use crate::finish::log_refused;
use crate::supervisor::Supervisor;
use crate::writer::Writer;

/// Way in which an attempt ends.
pub(crate) enum AttemptEnd {
    /// To be finished.
    Finish(Box<Ending>),
    /// Failed, with the tokens of the model call that failed.
    Fail(RunErrorCode, Option<Usage>),
    /// To be handed over before its next step.
    HandOver,
    /// To be handed over within a step, which the next worker repeats.
    Cut,
}

/// Outcome of an attempt whose agent loop has ended.
pub(crate) enum Conclusion {
    /// The run has ended or is handed over.
    Done,
    /// The run goes on after this answer, which is stored.
    GoesOn(Vec<Message>),
}

impl Attempt<'_> {
    /// Finishes the run or hands it over. When texts of the user wait for an answered run, the answer is stored as a step
    /// instead.
    pub(crate) async fn conclude(
        &self,
        events: &EventSink,
        writer: &mut Writer<'_>,
        supervisor: &mut Supervisor<'_>,
        end: AttemptEnd,
    ) -> Result<Conclusion, AttemptError> {
        let (mut ending, spent) = match end {
            AttemptEnd::Finish(ending) => {
                let mut messages = ending.messages.iter();
                let spent = spent(messages.find_map(|message| message.usage));
                (*ending, spent)
            }
            AttemptEnd::Fail(code, usage) => {
                writer.add_usage(usage.unwrap_or_default());
                (RunEnd::Failed(code).into(), spent(usage))
            }
            AttemptEnd::HandOver => {
                let handed_over = self.hand_over(events, writer, supervisor, None).await;
                return handed_over.map(|()| Conclusion::Done);
            }
            AttemptEnd::Cut => {
                let cut = Some(writer.cut());
                let handed_over = self.hand_over(events, writer, supervisor, cut).await;
                return handed_over.map(|()| Conclusion::Done);
            }
        };
        let texts = self
            .finish(events, writer, supervisor, &mut ending, spent)
            .await?;
        let Some(texts) = texts else {
            return Ok(Conclusion::Done);
        };
        supervisor.accepted_texts(texts);
        let Ending {
            messages, frame, ..
        } = ending;
        let step = Step {
            messages: messages.clone(),
            events: events.batch().await?,
            frame,
            stage: Stage::Finished,
        };
        match writer.store_step(step).await {
            Ok(()) => Ok(Conclusion::GoesOn(messages)),
            Err(AttemptError::Refused(error)) => {
                log_refused(&error);
                let mut failed = RunEnd::Failed(RunErrorCode::Internal).into();
                let spent = Spent::Request;
                self.finish(events, writer, supervisor, &mut failed, spent)
                    .await?;
                Ok(Conclusion::Done)
            }
            Err(error) => Err(error),
        }
    }
}

/// Cost of a model call with these tokens, or of one that was not made.
fn spent(usage: Option<Usage>) -> Spent {
    usage.map_or(Spent::Nothing, Spent::Usage)
}
