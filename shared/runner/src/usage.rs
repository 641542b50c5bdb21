//! Record of what a run has used.

use longwire_core::ids::RunId;
use longwire_core::message::Usage;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use longwire_store::users::usage::RunUsage;

use crate::runner::Runner;

impl Runner {
    /// Writes what a run has used that has ended, where users are told apart. A failure is logged only: the run has ended,
    /// and no limit depends on this record.
    pub(crate) async fn record_usage(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        row: &RunRow,
        usage: Usage,
    ) {
        let Some(payer) = row.payer.as_ref().filter(|_| usage != Usage::default()) else {
            return;
        };
        let run = RunUsage {
            user: &payer.user,
            key,
            run_id,
            started_at: row.started_at,
            model: &self.settings.model_id,
            usage,
            cost_micros: self.price.map(|price| price.micros(&usage)),
        };
        if let Err(error) = self.users.put_usage(&run, self.now()).await {
            tracing::error!(event = "usage_not_recorded", %error, "the usage of a run was not recorded");
        }
    }
}
