# What a user sets.

variable "environment" {
  description = "The environment's name, such as dev or prod: a part of every name, so that several live in one account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 lower-case letters and digits, beginning with a letter."
  }
}

variable "region" {
  description = "The AWS region. The model, or its inference profile, must be offered there."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as eu-central-1."
  }
}

variable "model_id" {
  description = "The Bedrock model: a model id, an inference profile's id (us., eu., global. …), or the ARN of a model, a profile or an application's own profile. Access to it must be enabled in the account."
  type        = string

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:bedrock:.+/)?[a-z0-9][a-zA-Z0-9.:_-]+$", var.model_id))
    error_message = "model_id must be a model's or an inference profile's id, such as us.anthropic.claude-sonnet-5-5, or the ARN of one."
  }
}

variable "knowledge_base_id" {
  description = "A Bedrock Knowledge Base in the same region. Null: the tool kb_lookup is not offered."
  type        = string
  default     = null

  validation {
    condition     = var.knowledge_base_id == null || can(regex("^[0-9A-Z]{10}$", var.knowledge_base_id))
    error_message = "knowledge_base_id must be the ten letters and digits of a knowledge base's id, or null."
  }
}

variable "system_prompt" {
  description = "What the model is told about itself. Null: a helpful assistant that uses its tools."
  type        = string
  default     = null

  validation {
    condition     = length(coalesce(var.system_prompt, "-")) <= 2000
    error_message = "system_prompt must be 2,000 characters at most: all variables of a function share 4 KB."
  }
}

variable "on_gone" {
  description = "What becomes of a run that nobody watches any more, unless its client says otherwise: cancel, finish or grace:<seconds>."
  type        = string
  default     = "cancel"

  validation {
    condition = (
      contains(["cancel", "finish"], var.on_gone) ||
      can(regex("^grace:([1-9]|[1-9][0-9]|[1-8][0-9]{2}|900)$", var.on_gone))
    )
    error_message = "on_gone must be cancel, finish or grace:<1-900>."
  }
}

variable "thread_ttl_hours" {
  description = "How many hours a thread lives after its last use; 0: for ever."
  type        = number
  default     = 24

  validation {
    condition     = var.thread_ttl_hours >= 0 && floor(var.thread_ttl_hours) == var.thread_ttl_hours
    error_message = "thread_ttl_hours must be a whole number of hours, or 0 to keep threads for ever."
  }
}

variable "worker_concurrency" {
  description = "How many runs are answered at once. A fresh account may run only 10 functions at a time: raise the quota 'Concurrent executions' first."
  type        = number
  default     = 5

  validation {
    condition     = var.worker_concurrency >= 2 && var.worker_concurrency <= 1000
    error_message = "worker_concurrency must be 2 to 1000, which is what an event source mapping takes."
  }
}

variable "alarms" {
  description = "Who is told of alarms: an address that is mailed, or a topic of yours; and a monthly budget of the account in US dollars, if there is one."
  type = object({
    email                  = optional(string)
    topic_arn              = optional(string)
    monthly_budget_dollars = optional(number)
  })
  default = {}

  validation {
    condition     = var.alarms.email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarms.email))
    error_message = "alarms.email must be an e-mail address."
  }
}

variable "domain" {
  description = "A name of your own for the WebSocket URL, with its certificate (in the same region) and, for the DNS record, its hosted zone. Null: API Gateway's name."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
  default = null

  validation {
    condition     = var.domain == null || can(regex("^arn:aws[a-z-]*:acm:", var.domain.certificate_arn))
    error_message = "domain.certificate_arn must be the ARN of an ACM certificate."
  }
}

# What has a good default.

variable "project" {
  description = "What every name begins with."
  type        = string
  default     = "longwire"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,15}$", var.project))
    error_message = "project must be 2 to 16 lower-case letters and digits, beginning with a letter."
  }
}

variable "worker" {
  description = "How the worker works. Units, bounds and defaults are those of docs/operations.md; what is not set is left to the worker."
  type = object({
    max_tokens           = optional(number)
    max_steps            = optional(number)
    temperature          = optional(number)
    top_p                = optional(number)
    model_fields         = optional(any)
    history_messages     = optional(number)
    model_idle_seconds   = optional(number)
    flush_window_ms      = optional(number)
    min_post_interval_ms = optional(number)
    lease_seconds        = optional(number)
    visibility_seconds   = optional(number)
    replay_seconds       = optional(number)
    run_seconds          = optional(number)
    tools_once           = optional(string)
    geocoding_url        = optional(string)
    forecast_url         = optional(string)
  })
  default = {}

  validation {
    condition     = coalesce(var.worker.max_tokens, 1) >= 1 && coalesce(var.worker.max_tokens, 1) <= 16000
    error_message = "worker.max_tokens must be 1 to 16000."
  }

  validation {
    condition     = coalesce(var.worker.max_steps, 1) >= 1 && coalesce(var.worker.max_steps, 1) <= 100
    error_message = "worker.max_steps must be 1 to 100."
  }

  validation {
    condition     = contains(range(0, 1001), coalesce(var.worker.min_post_interval_ms, 16))
    error_message = "worker.min_post_interval_ms must be a whole number, 0 to 1000."
  }

  validation {
    condition     = coalesce(var.worker.lease_seconds, 45) >= 3 && coalesce(var.worker.lease_seconds, 45) <= 900
    error_message = "worker.lease_seconds must be 3 to 900."
  }

  validation {
    condition     = coalesce(var.worker.visibility_seconds, 60) > coalesce(var.worker.lease_seconds, 45)
    error_message = "worker.visibility_seconds must be longer than worker.lease_seconds: a message that comes back earlier finds the lease still held."
  }
}

variable "reserved_concurrency" {
  description = "Concurrency kept for a function, by its key (connect, disconnect, ingest, worker, sweep). None by default, because a fresh account refuses it."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.reserved_concurrency) : contains(["connect", "disconnect", "ingest", "worker", "sweep"], key)])
    error_message = "reserved_concurrency names functions: connect, disconnect, ingest, worker, sweep."
  }
}

variable "messages_per_second" {
  description = "Messages a second that one connection may send, over a few seconds; 0: as many as it likes. Null: 5."
  type        = number
  default     = null

  validation {
    condition     = contains(range(0, 1001), coalesce(var.messages_per_second, 5))
    error_message = "messages_per_second must be a whole number, 0 to 1000."
  }
}

variable "throttle" {
  description = "Messages a second, and at once, that the API takes from all clients together."
  type = object({
    rate  = optional(number, 500)
    burst = optional(number, 1000)
  })
  default = {}

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst > 0
    error_message = "throttle.rate and throttle.burst must be above 0: with 0 the API takes no message at all."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "log_level" {
  description = "The least level that the functions log: debug also logs the input of tools."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be TRACE, DEBUG, INFO, WARN or ERROR."
  }
}

variable "failed_runs" {
  description = "How many runs may fail within five minutes before the alarm is raised."
  type        = number
  default     = 0
}

variable "tracing" {
  description = "Whether the functions are traced by X-Ray."
  type        = bool
  default     = false
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be set back to any second of the last 35 days."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether the tables refuse to be deleted."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "A customer managed key for tables, queues and logs. Its policy must let logs.<region>.amazonaws.com use it. Null: AWS's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (not of an alias), or null."
  }
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds every role made here. scripts/bootstrap makes one."
  type        = string
  default     = null
}

variable "packages" {
  description = "The folder of the functions' zips, as scripts/build leaves them."
  type        = string
  default     = "../target/lambda"
}

variable "architecture" {
  description = "What the zips were built for: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "release" {
  description = "What is deployed, such as a commit. It is each function's description, so that one release publishes a version of every function."
  type        = string
  default     = "unreleased"
}

variable "endpoint_urls" {
  description = "Where a stand-in of AWS answers for a service (DYNAMODB, SQS, BEDROCK_RUNTIME, BEDROCK_AGENT_RUNTIME). Empty for AWS."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for service in keys(var.endpoint_urls) : contains(["DYNAMODB", "SQS", "BEDROCK_RUNTIME", "BEDROCK_AGENT_RUNTIME"], service)])
    error_message = "endpoint_urls names services: DYNAMODB, SQS, BEDROCK_RUNTIME, BEDROCK_AGENT_RUNTIME."
  }
}

variable "callback_endpoint" {
  description = "Where a stand-in of API Gateway takes posts to connections, up to the API's id. Null for AWS."
  type        = string
  default     = null
}

variable "tags" {
  description = "More tags for everything."
  type        = map(string)
  default     = {}
}
