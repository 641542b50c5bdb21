# What a deployment sets, passed to the module `longwire`: its variables.tf has the types, limits and defaults. A variable that is
# null has the default of the module.

variable "region" {
  description = "AWS region. The model or inference profile must be available there."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as eu-central-1."
  }
}

variable "environment" {
  description = "Name of the environment, such as dev or prod."
  type        = string
}

variable "model_id" {
  description = "Bedrock model."
  type        = string
}

variable "model_family" {
  description = "Model id, or the beginning of one, that names the family of a model_id that does not, such as that of an imported model."
  type        = string
  default     = null
}

variable "auth" {
  description = "How clients prove who they are."
  type        = any
  default     = null
}

variable "auth_token" {
  description = "Token of the mode token, which needs one in every plan and apply."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "auth_token_version" {
  description = "Version of the token of the mode token."
  type        = number
  default     = null
}

variable "knowledge_base_id" {
  description = "Bedrock knowledge base in the same region, for the tool kb_lookup."
  type        = string
  default     = null
}

variable "system_prompt" {
  description = "System prompt of the model."
  type        = string
  default     = null
}

variable "on_gone" {
  description = "Policy for a run whose last subscriber is gone, unless the client chose one."
  type        = string
  default     = null
}

variable "thread_ttl_hours" {
  description = "Hours for which a thread is kept after its last use; 0 keeps it forever."
  type        = number
  default     = null
}

variable "worker_concurrency" {
  description = "Maximum number of workers, and so of runs, at the same time."
  type        = number
  default     = null
}

variable "replay_concurrency" {
  description = "Maximum number of connections that receive the events of ended runs at the same time."
  type        = number
  default     = null
}

variable "prompt_sources" {
  description = "Sources of EventBridge whose events may start runs, on the budget of any user."
  type        = list(string)
  default     = null
}

variable "push_concurrency" {
  description = "Maximum number of invocations of push by its queue at the same time; each delivers up to 10 events."
  type        = number
  default     = null
}

variable "alarms" {
  description = "Recipient of alarms, an e-mail address or an existing SNS topic, an optional monthly budget of the account in US dollars, and whether to create a dashboard."
  type        = any
  default     = null
}

variable "domain" {
  description = "Custom domain name of the WebSocket URL, with its certificate (in the same region) and, for the DNS record, its hosted zone."
  type        = any
  default     = null
}

variable "project" {
  description = "Prefix of every resource name."
  type        = string
  default     = "longwire"
}

variable "stage" {
  description = "Name of the API's stage."
  type        = string
  default     = null
}

variable "worker" {
  description = "Settings of the worker."
  type        = any
  default     = null
}

variable "reserved_concurrency" {
  description = "Reserved concurrency by function (authorizer, connect, disconnect, ingest, worker, replay, push, sweep, erase, notify, ticket)."
  type        = map(number)
  default     = null
}

variable "account_concurrency" {
  description = "Lambda's quota 'Concurrent executions' of the account and region, less what other deployments and functions there need. With it, a plan fails when the concurrency does not fit."
  type        = number
  default     = null
}

variable "messages_per_second" {
  description = "Requests per second that one connection may send, counted over four seconds; 0 turns the limit off."
  type        = number
  default     = null
}

variable "user_limits" {
  description = "Limits of a user, where users are told apart."
  type        = any
  default     = null
}

variable "threads_per_connection" {
  description = "Threads on which one connection may have unfinished runs; 0 turns the limit off."
  type        = number
  default     = null
}

variable "rooms" {
  description = "Rooms, which connections join and to which push sends events."
  type        = map(list(string))
  default     = null
}

variable "throttle" {
  description = "Requests per second (rate) and burst that the API accepts from all clients together."
  type        = any
  default     = null
}

variable "log_retention_days" {
  description = "Retention of the log groups in days."
  type        = number
  default     = null
}

variable "log_level" {
  description = "Minimum level of the log lines of the functions."
  type        = string
  default     = null
}

variable "failed_runs" {
  description = "Number of failed runs within five minutes above which the alarm is raised."
  type        = number
  default     = null
}

variable "tracing" {
  description = "Whether the functions send traces to X-Ray."
  type        = bool
  default     = null
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
  default     = null
}

variable "deletion_protection" {
  description = "Whether the tables, and the user pool of auth.cognito, are protected against deletion."
  type        = bool
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of a customer managed key for tables, queues, the topic of push and logs."
  type        = string
  default     = null
}

variable "vpc" {
  description = "Subnets and security groups of the worker, for tools that reach private addresses."
  type        = any
  default     = null
}

variable "region_in_names" {
  description = "Whether names that an account has once end in the region: those of the roles, the dashboard and the budget."
  type        = bool
  default     = null
}

variable "role_path" {
  description = "Path of the roles of the functions, such as /longwire/."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here."
  type        = string
  default     = null
}

variable "packages" {
  description = "Folder with the zip files of the functions, as scripts/build writes them."
  type        = string
  default     = "../target/lambda"
}

variable "architecture" {
  description = "Architecture of the zip files."
  type        = string
  default     = null
}

variable "release" {
  description = "Name of the release, such as a commit."
  type        = string
  default     = null
}

variable "endpoint_urls" {
  description = "Address of a stand-in for an AWS service, by service (DYNAMODB, SQS, SSM, EVENTBRIDGE, BEDROCK_RUNTIME, BEDROCK_AGENT_RUNTIME)."
  type        = map(string)
  default     = null
}

variable "callback_endpoint" {
  description = "Address at which a stand-in for API Gateway accepts posts to connections, up to the id of the API. Null in AWS."
  type        = string
  default     = null
}

variable "tags" {
  description = "Additional tags of all resources."
  type        = map(string)
  default     = {}
}
