//! Clients of the worker, built once: all of them share one HTTP client.

use std::sync::Arc;

use anyhow::Result;
use aws_sdk_ssm::config::retry::RetryConfig;
use longwire_adapters::bedrock::Bedrock;
use longwire_adapters::{knowledge_base, warm_up};
use longwire_core::clock::Clock;
use longwire_gateway::post;
use longwire_gateway::warm_up::connections;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_queue::queue::Queue;
use longwire_runner::runner::Runner;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_store::users::Users;
use longwire_tools::deps::Deps as ToolDeps;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;

use crate::config::Config;
use crate::prices::price_of;
use crate::system_prompt;

impl Config {
    /// Builds the runner and connects its clients.
    pub(crate) async fn connect(self) -> Result<Runner> {
        let unlimited = sdk::load();
        let limited = CallTimeouts::LONG.limit(&unlimited);
        let database = aws_sdk_dynamodb::Client::new(&limited);
        let queues = aws_sdk_sqs::Client::new(&limited);
        let threads = Threads::new(database.clone(), &self.threads_table);
        let queue = Queue::new(queues.clone(), &self.queue_url);
        let model = aws_sdk_bedrockruntime::Client::new(&unlimited);
        let retrieval = knowledge_base::client(&unlimited);
        let post_timeout = self.settings.stream.post_timeout;
        let posts = post::client(&unlimited, &self.callback_endpoint, post_timeout);
        let requests = async {
            tokio::join!(
                threads.warm_up(),
                queue.warm_up(),
                warm_up::model(&model, &self.settings.model_id),
                connections(&posts),
                async {
                    if let Some(id) = &self.knowledge_base {
                        warm_up::knowledge_base(&retrieval, id).await;
                    }
                },
            )
        };
        let parameters = aws_sdk_ssm::config::Builder::from(&system_prompt::READ.limit(&unlimited))
            .retry_config(RetryConfig::standard().with_max_attempts(system_prompt::ATTEMPTS));
        let parameters = aws_sdk_ssm::Client::from_conf(parameters.build());
        let prompt = self.system_prompt.read(&parameters);
        let (system_prompt, ()) = tokio::join!(prompt, longwire_lambda::warm_up::warm_up(requests));
        Ok(Runner {
            // Without a total time limit, because an answer may take minutes.
            model: Arc::new(Bedrock::new(model, self.model.clone())),
            tools: Arc::new(self.tools(&retrieval)?),
            connections: Connections::new(database.clone(), &self.connections_table),
            users: Users::new(database, &self.users_table),
            system_prompt: system_prompt?,
            price: price_of(&self.model)?,
            scheduler: Scheduler::new(threads.clone(), queue.clone()),
            threads,
            queue,
            dead_letters: Queue::new(queues, &self.dead_letter_url),
            post: post::post(posts),
            clock: Clock::system(),
            settings: self.settings,
        })
    }

    fn tools(&self, retrieval: &aws_sdk_bedrockagentruntime::Client) -> Result<Tools> {
        let search = |id| knowledge_base::retrieve(retrieval.clone(), id);
        let retrieve = self.knowledge_base.clone().map(search);
        let public = Service::default();
        let weather = Service {
            geocoding: self.weather_urls.0.clone().unwrap_or(public.geocoding),
            forecast: self.weather_urls.1.clone().unwrap_or(public.forecast),
        };
        let deps = ToolDeps {
            http: web::client()?,
            weather,
            retrieve,
            clock: jiff::Timestamp::now,
        };
        let tools = Tools::new(&deps).with_once(self.once.clone());
        Ok(tools.with_approvals(self.approvals.clone()))
    }
}
