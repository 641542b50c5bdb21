//! All fakes of one bench, and the environment with which functions find them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::cell::Cell;
use crate::fakes::bedrock::Bedrock;
use crate::fakes::connections::{Behaviour, Connections, STAGE};
use crate::fakes::dynamodb::{CONNECTIONS, DynamoDb, THREADS, USERS};
use crate::fakes::issuer::{AUDIENCE, Issuer};
use crate::fakes::observed::Recorder;
use crate::fakes::server::{Certificate, HOST, Http, serve, serve_tls};
use crate::fakes::sqs::Sqs;
use crate::fakes::weather;
use crate::function::Environment;

/// Family of the model that the fake plays.
const MODEL_ID: &str = "us.anthropic.claude-sonnet-5-5";

/// All fakes of one bench.
pub(crate) struct Stage {
    /// Recorder that all fakes share.
    pub(crate) recorder: Recorder,
    bedrock: Bedrock,
    connections: Connections,
    /// Issuer of tokens.
    pub(crate) issuer: Issuer,
    /// Host and port of `@connections`, as API Gateway names them to functions.
    pub(crate) domain: String,
    folder: PathBuf,
    environment: Environment,
}

impl Stage {
    /// Starts the fakes. Logs and the certificate go to `folder`; `storage` is a round trip to the tables and queues.
    pub(crate) fn start(folder: &Path, http: Http, storage: Duration) -> Result<Self> {
        let recorder = Recorder::default();
        let bedrock = Bedrock::new(recorder.clone());
        let connections = Connections::new(recorder.clone());
        let certificate = Certificate::generate()?;
        std::fs::create_dir_all(folder).context("creating the folder of the results")?;
        let trusted = folder.join("trusted.pem");
        std::fs::write(&trusted, certificate.pem()).context("writing the certificate")?;
        let sqs = Sqs {
            recorder: recorder.clone(),
            round_trip: storage,
        };
        let model = serve(bedrock.clone().routes().merge(weather::routes()))?;
        let tables = serve(DynamoDb::new(recorder.clone(), storage)?.routes())?;
        let queues = serve(sqs.routes())?;
        let issuer = Issuer::serve()?;
        let posts = serve_tls(connections.clone().routes(), &certificate, http)?;
        let domain = format!("{HOST}:{}", posts.port());
        let queue = |name: &str| format!("http://{queues}/123456789012/{name}");
        let environment = [
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{tables}")),
            ("AWS_ENDPOINT_URL_SQS", format!("http://{queues}")),
            (
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                format!("http://{model}"),
            ),
            ("SSL_CERT_FILE", trusted.display().to_string()),
            ("CALLBACK_ENDPOINT", format!("https://{domain}/{STAGE}")),
            ("CONNECTIONS_TABLE", CONNECTIONS.to_owned()),
            ("THREADS_TABLE", THREADS.to_owned()),
            ("USERS_TABLE", USERS.to_owned()),
            ("AUTH", "none".to_owned()),
            ("AUTH_ISSUER", issuer.url().to_owned()),
            ("AUTH_AUDIENCE", AUDIENCE.to_owned()),
            ("QUEUE_URL", queue("runs")),
            ("DEAD_LETTER_URL", queue("runs-dead")),
            ("REPLAY_QUEUE_URL", queue("replays")),
            ("PUSH_QUEUE_URL", queue("pushes")),
            ("EVENT_BUS", "bench".to_owned()),
            ("MODEL_ID", MODEL_ID.to_owned()),
            ("MAX_TOKENS", "16000".to_owned()),
            ("WEATHER_GEOCODING_URL", format!("http://{model}/weather")),
            ("WEATHER_FORECAST_URL", format!("http://{model}/weather")),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        Ok(Self {
            recorder,
            bedrock,
            connections,
            issuer,
            domain,
            folder: folder.to_owned(),
            environment: environment.into(),
        })
    }

    /// Environment of the functions.
    pub(crate) fn environment(&self) -> Environment {
        self.environment.clone()
    }

    /// Environment of the functions where users are told apart, by tokens of the issuer.
    pub(crate) fn environment_with_users(&self) -> Environment {
        let mut environment = self.environment();
        environment.insert("AUTH".to_owned(), "oidc".to_owned());
        environment
    }

    /// File for the log of a function.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Prepares a run of a cell: what the model replies, and how posts are answered.
    pub(crate) fn prepare(&self, cell: &Cell) {
        self.bedrock.set_replies(&cell.replies);
        self.connections.set_behaviour(Behaviour {
            round_trip: cell.round_trip,
            frame: cell.frame,
            fault: cell.fault,
        });
        self.recorder.take();
    }
}
