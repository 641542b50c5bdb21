//! The clients, built once: all of them on one HTTP client.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use aws_config::SdkConfig;
use longwire_adapters::bedrock::Bedrock;
use longwire_adapters::bedrock::settings::Settings as ModelSettings;
use longwire_adapters::{knowledge_base, post};
use longwire_lambda::sdk;
use longwire_queue::Queue;
use longwire_scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;

use crate::config::Config;
use longwire_runner::deps::Deps;

/// The most one try of a call to a store may take, and all its tries together.
const STORE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(5));

impl Config {
    /// Builds what the worker works with.
    pub(crate) async fn connect(self) -> Result<Deps> {
        let shared = sdk::load().await;
        let quick = sdk::quick(&shared, STORE.0, STORE.1);
        let database = aws_sdk_dynamodb::Client::new(&quick);
        let queues = aws_sdk_sqs::Client::new(&quick);
        let callback = post::client(&shared, &self.callback_endpoint);
        let threads = Threads::new(database.clone(), self.threads_table.clone());
        let threads_for_scheduler = threads.clone();
        let queue = Queue::new(queues.clone(), self.queue_url.clone());
        Ok(Deps {
            tools: self.tools(&quick)?,
            model: Arc::new(self.model(&shared)),
            threads,
            scheduler: Scheduler::new(threads_for_scheduler, queue.clone()),
            connections: Connections::new(database, self.connections_table),
            queue,
            dead_letters: Queue::new(queues, self.dead_letter_url),
            post: post::post(callback),
            settings: self.settings,
        })
    }
}

impl Config {
    fn model(&self, shared: &SdkConfig) -> Bedrock {
        let (temperature, top_p) = self.sampling;
        let settings = ModelSettings {
            model_id: self.settings.model_id.clone(),
            temperature,
            top_p,
            fields: self.model_fields.clone(),
            idle: self.model_idle,
        };
        Bedrock::new(aws_sdk_bedrockruntime::Client::new(shared), settings)
    }

    fn tools(&self, quick: &SdkConfig) -> Result<Tools> {
        let search =
            |id| knowledge_base::retrieve(aws_sdk_bedrockagentruntime::Client::new(quick), id);
        let retrieve = self.knowledge_base.clone().map(search);
        let public = Service::default();
        let weather = Service {
            geocoding: self.weather_urls.0.clone().unwrap_or(public.geocoding),
            forecast: self.weather_urls.1.clone().unwrap_or(public.forecast),
        };
        let deps = longwire_tools::deps::Deps {
            http: web::client()?,
            weather,
            retrieve,
            clock: jiff::Timestamp::now,
        };
        Ok(Tools::new(&deps).with_once(self.once.clone()))
    }
}
