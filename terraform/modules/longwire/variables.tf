# Variables that a user sets.

variable "environment" {
  description = "Name of the environment, such as dev or prod. Part of every resource name, so that one account can hold several environments."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 lower-case letters and digits, beginning with a letter."
  }
}

variable "model_id" {
  description = "Bedrock model: a model id, an inference profile id (us., eu., global. …), or an ARN: of a foundation model, of a system-defined or application inference profile, of Provisioned Throughput, of a deployment of a custom model, or of an imported model. The account must have access to it."
  type        = string

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:bedrock:.+/)?[a-zA-Z0-9][a-zA-Z0-9.:_-]+$", var.model_id))
    error_message = "model_id must be a model's or an inference profile's id, such as us.anthropic.claude-sonnet-5-5, or the ARN of one."
  }
}

variable "model_family" {
  description = "Model id, or the beginning of one, that names the family of a model_id that does not, such as that of an imported model. Provisioned Throughput, a deployment of a custom model and an imported model need it. Null: the model behind an application inference profile, otherwise model_id itself."
  type        = string
  default     = null

  validation {
    condition     = var.model_family == null || can(regex("^[a-z0-9][a-zA-Z0-9.:_-]+$", var.model_family))
    error_message = "model_family must be a model id or the beginning of one, such as meta.llama3-3, or null."
  }
}

variable "auth" {
  description = "How clients prove who they are. mode: token (one token for all clients), oidc (tokens of an identity provider) or none (everybody may connect). Without a mode: oidc with an issuer or cognito, otherwise token. issuer, audience, groups_claim: issuer of the tokens, the application for which they must be, and the claim with the groups of the user (null: groups). cognito: creates a user pool as the identity provider; callback_urls: where its sign-in page may return to, without any there is no page."
  type = object({
    mode          = optional(string)
    issuer        = optional(string)
    audience      = optional(string)
    groups_claim  = optional(string)
    cognito       = optional(bool, false)
    callback_urls = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["none", "token", "oidc"], coalesce(var.auth.mode, "token"))
    error_message = "auth.mode must be none, token or oidc."
  }

  validation {
    condition     = var.auth.mode != "none" || var.environment != "prod"
    error_message = "auth.mode must not be none in prod: everybody who knows the URL could connect and cause costs for model calls."
  }

  validation {
    condition = (
      var.auth.cognito ||
      (var.auth.issuer != null && var.auth.audience != null) ||
      (var.auth.mode != "oidc" && var.auth.issuer == null && var.auth.audience == null && var.auth.groups_claim == null)
    )
    error_message = "An identity provider is auth.issuer with auth.audience, or auth.cognito; auth.groups_claim needs the first two. Without an audience, the tokens for every application of the issuer would be accepted."
  }

  validation {
    condition     = !contains(["none", "token"], coalesce(var.auth.mode, "oidc")) || (var.auth.issuer == null && !var.auth.cognito)
    error_message = "auth.issuer and auth.cognito belong to the mode oidc; leave them out, or leave out auth.mode."
  }

  validation {
    condition     = !var.auth.cognito || (var.auth.issuer == null && var.auth.audience == null && var.auth.groups_claim == null)
    error_message = "With auth.cognito, the user pool sets issuer, audience and groups_claim; leave them out."
  }

  validation {
    condition     = var.auth.cognito || length(var.auth.callback_urls) == 0
    error_message = "auth.callback_urls are addresses of the sign-in page of auth.cognito."
  }

  validation {
    condition     = var.auth.issuer == null ? true : can(regex("^(https://[^/?#]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/[^?#]*)?$", var.auth.issuer))
    error_message = "auth.issuer must begin with https:// and have neither a query nor a fragment. Only an issuer on this machine, http://127.0.0.1 or http://localhost, may do without TLS."
  }
}

variable "auth_token" {
  description = "Token of the mode token, which needs one in every plan and apply: `openssl rand -hex 32`. It is written when the parameter is created and when auth_token_version is raised; otherwise its value does not matter. Neither a plan nor the state contains it."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  # Clients without headers send the token as the name of a subprotocol, which RFC 6455 limits to these and a few other
  # characters.
  validation {
    condition     = var.auth_token == null ? true : can(regex("^[A-Za-z0-9._~-]{32,}$", var.auth_token))
    error_message = "auth_token must be 32 or more letters, digits and the characters . _ ~ -, as `openssl rand -hex 32` prints them."
  }
}

variable "auth_token_version" {
  description = "Version of the token of the mode token. Raise it to replace the token."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.auth_token_version >= 1 && floor(var.auth_token_version) == var.auth_token_version
    error_message = "auth_token_version must be a whole number of at least 1."
  }
}

variable "knowledge_base_id" {
  description = "Bedrock knowledge base in the same region, for the tool kb_lookup. Null: the tool is not offered."
  type        = string
  default     = null

  validation {
    condition     = var.knowledge_base_id == null || can(regex("^[0-9A-Z]{10}$", var.knowledge_base_id))
    error_message = "knowledge_base_id must be a knowledge base id of ten upper-case letters and digits, or null."
  }
}

variable "system_prompt" {
  description = "System prompt of the model. Null: a helpful assistant that uses its tools. One that does not fit into the environment of the worker goes to a parameter of Systems Manager."
  type        = string
  default     = null

  # urlencode writes a byte as one character, or as "%" and two digits.
  validation {
    condition     = length(replace(urlencode(coalesce(var.system_prompt, "-")), "/%../", "x")) <= 8192
    error_message = "system_prompt must have 8,192 bytes of UTF-8 at most, which is what a parameter of Systems Manager holds."
  }

  validation {
    condition     = trimspace(coalesce(var.system_prompt, "-")) != ""
    error_message = "system_prompt must not be blank: models refuse it. Null is the prompt of Longwire."
  }
}

variable "on_gone" {
  description = "Policy for a run whose last subscriber is gone, unless the client chose one: cancel, finish or grace:<seconds>."
  type        = string
  default     = "cancel"
  nullable    = false

  validation {
    condition = (
      contains(["cancel", "finish"], var.on_gone) ||
      can(regex("^grace:([1-9]|[1-9][0-9]|[1-8][0-9]{2}|900)$", var.on_gone))
    )
    error_message = "on_gone must be cancel, finish or grace:<1-900>."
  }
}

variable "thread_ttl_hours" {
  description = "Hours for which a thread is kept after its last use; 0 keeps it forever."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.thread_ttl_hours >= 0 && floor(var.thread_ttl_hours) == var.thread_ttl_hours
    error_message = "thread_ttl_hours must be a whole number of hours, or 0 to keep threads forever."
  }
}

variable "worker_concurrency" {
  description = "Maximum number of workers, and so of runs, at the same time. The default suits a new account, whose quota is 10 concurrent executions: raise the quota 'Concurrent executions' first, and set account_concurrency."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.worker_concurrency >= 2 && var.worker_concurrency <= 1000
    error_message = "worker_concurrency must be 2 to 1000, the limits of an event source mapping."
  }
}

variable "replay_concurrency" {
  description = "Maximum number of connections that receive the events of ended runs at the same time."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.replay_concurrency >= 2 && var.replay_concurrency <= 1000
    error_message = "replay_concurrency must be 2 to 1000, the limits of an event source mapping."
  }
}

variable "prompt_sources" {
  description = "Sources of EventBridge whose events may start runs, on the budget of any user. None by default."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for source in var.prompt_sources : can(regex("^[A-Za-z0-9._/-]{1,256}$", source)) && !startswith(source, "longwire.")])
    error_message = "A source in prompt_sources must be 1 to 256 characters of letters, digits, '.', '_', '/' and '-', and must not begin with \"longwire.\"."
  }
}

variable "push_concurrency" {
  description = "Maximum number of invocations of push by its queue at the same time; each delivers up to 10 events."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.push_concurrency >= 2 && var.push_concurrency <= 1000
    error_message = "push_concurrency must be 2 to 1000, the limits of an event source mapping."
  }

  validation {
    condition     = lookup(var.reserved_concurrency, "push", var.push_concurrency) >= var.push_concurrency
    error_message = "reserved_concurrency.push must be at least push_concurrency: a message that finds no free invocation still counts as received."
  }
}

variable "alarms" {
  description = "Recipient of alarms, an e-mail address or an existing SNS topic, an optional monthly budget of the account in US dollars, and whether to create a dashboard."
  type = object({
    email                  = optional(string)
    topic_arn              = optional(string)
    monthly_budget_dollars = optional(number)
    dashboard              = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarms.email))
    error_message = "alarms.email must be an e-mail address."
  }
}

variable "domain" {
  description = "Custom domain name of the WebSocket URL, with its certificate (in the same region) and, for the DNS record, its hosted zone. Null: the name that API Gateway assigns."
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

# Variables with a default that suits most deployments.

variable "project" {
  description = "Prefix of every resource name."
  type        = string
  default     = "longwire"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,15}$", var.project))
    error_message = "project must be 2 to 16 lower-case letters and digits, beginning with a letter."
  }
}

variable "stage" {
  description = "Name of the API's stage, a part of its URL unless there is a domain. The permissions boundary of scripts/bootstrap names it, too."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage))
    error_message = "stage must be 1 to 128 letters, digits, \"_\" and \"-\"."
  }
}

variable "worker" {
  description = "Settings of the worker. docs/settings.md has their units, limits and defaults; the default of the worker applies to a setting that is not set."
  type = object({
    max_tokens             = optional(number)
    max_steps              = optional(number)
    temperature            = optional(number)
    top_p                  = optional(number)
    model_fields           = optional(any)
    history_messages       = optional(number)
    model_idle_seconds     = optional(number)
    model_throttle_seconds = optional(number)
    flush_window_ms        = optional(number)
    coalesce_deltas        = optional(bool)
    min_post_interval_ms   = optional(number)
    lease_seconds          = optional(number)
    visibility_seconds     = optional(number)
    replay_seconds         = optional(number)
    run_seconds            = optional(number)
    answer_seconds         = optional(number)
    tools_once             = optional(string)
    approvals              = optional(any)
    geocoding_url          = optional(string)
    forecast_url           = optional(string)
  })
  default  = {}
  nullable = false

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
    condition     = coalesce(var.worker.answer_seconds, 60) >= 60 && coalesce(var.worker.answer_seconds, 60) <= 86400
    error_message = "worker.answer_seconds must be 60 to 86400."
  }

  validation {
    condition     = coalesce(var.worker.lease_seconds, 45) >= 3 && coalesce(var.worker.lease_seconds, 45) <= 900
    error_message = "worker.lease_seconds must be 3 to 900."
  }

  validation {
    condition     = coalesce(var.worker.visibility_seconds, 60) > coalesce(var.worker.lease_seconds, 45)
    error_message = "worker.visibility_seconds must be longer than worker.lease_seconds: a message that becomes visible earlier finds a valid lease."
  }

  # Values differ in type, which no map allows. So the type is any, and the JSON of a value shows what it is.
  validation {
    condition = var.worker.approvals == null ? true : try(
      startswith(jsonencode(var.worker.approvals), "{") &&
      alltrue([for name in keys(var.worker.approvals) : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))]),
      false,
    )
    error_message = "worker.approvals must be a map whose keys are names of tools: 1 to 64 characters of a-z A-Z 0-9 _ -."
  }

  validation {
    condition = var.worker.approvals == null ? true : try(alltrue([
      for rule in values(var.worker.approvals) :
      contains(["\"never\"", "\"always\""], jsonencode(rule)) ? true : startswith(jsonencode(rule), "{") && alltrue([
        for key, part in rule :
        key == "if" ? startswith(jsonencode(part), "{") : key == "group" && can(regex("^\".+\"$", jsonencode(part)))
      ])
    ]), false)
    error_message = "A value of worker.approvals must be \"never\", \"always\", or an object with an optional JSON Schema of the arguments as \"if\" and an optional name of a group as \"group\"."
  }
}

variable "reserved_concurrency" {
  description = "Reserved concurrency by function (authorizer, connect, disconnect, ingest, worker, replay, push, sweep, erase, notify, ticket). None by default, because a new account refuses a reservation."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.reserved_concurrency) : contains(["authorizer", "connect", "disconnect", "ingest", "worker", "replay", "push", "sweep", "erase", "notify", "ticket"], key)])
    error_message = "The keys of reserved_concurrency must be authorizer, connect, disconnect, ingest, worker, replay, push, sweep, erase, notify or ticket."
  }
}

variable "account_concurrency" {
  description = "Lambda's quota 'Concurrent executions' of the account and region, less what other deployments and functions there need. With it, a plan fails when the concurrency of the queues and the reservations do not fit. Null: not checked."
  type        = number
  default     = null

  validation {
    condition     = var.account_concurrency == null ? true : var.account_concurrency >= 1 && floor(var.account_concurrency) == var.account_concurrency
    error_message = "account_concurrency must be a whole number of at least 1, or null."
  }

  # "Configuring reserved concurrency for a function".
  validation {
    condition     = var.account_concurrency == null ? true : local.reserved_executions == 0 || var.account_concurrency - local.reserved_executions >= 100
    error_message = "reserved_concurrency does not fit: ${local.reservations} = ${local.reserved_executions}, and AWS keeps 100 of account_concurrency = ${coalesce(var.account_concurrency, 0)} for functions without a reservation. An account with a quota of 100 or less can reserve nothing."
  }

  validation {
    condition     = var.account_concurrency == null ? true : local.executions <= var.account_concurrency
    error_message = "The concurrency does not fit: ${local.addition} = ${local.executions}, and account_concurrency is ${coalesce(var.account_concurrency, 0)}. Clients could not connect while the queues are busy. Lower the concurrency, or have the quota \"Concurrent executions\" of Lambda raised, and then raise account_concurrency."
  }
}

variable "messages_per_second" {
  description = "Requests per second that one connection may send, counted over four seconds; 0 turns the limit off. Null: 5."
  type        = number
  default     = null

  validation {
    condition     = contains(range(0, 1001), coalesce(var.messages_per_second, 5))
    error_message = "messages_per_second must be a whole number, 0 to 1000."
  }
}

variable "user_limits" {
  description = "Limits of a user, where users are told apart: threads with an unfinished run (null: 3), prompts and tokens of a day, tokens and US dollars of a month, in UTC. A group replaces the limits that it names; of several groups the highest counts."
  type = object({
    default = optional(object({
      threads           = optional(number)
      prompts_per_day   = optional(number)
      tokens_per_day    = optional(number)
      tokens_per_month  = optional(number)
      dollars_per_month = optional(number)
    }), {})
    groups = optional(map(object({
      threads           = optional(number)
      prompts_per_day   = optional(number)
      tokens_per_day    = optional(number)
      tokens_per_month  = optional(number)
      dollars_per_month = optional(number)
    })), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = !contains(keys(var.user_limits.groups), "")
    error_message = "The name of a group in user_limits must not be empty."
  }

  validation {
    condition = alltrue(flatten([
      for limits in concat([var.user_limits.default], values(var.user_limits.groups)) : [
        for limit in [limits.prompts_per_day, limits.tokens_per_day, limits.tokens_per_month] :
        limit == null ? true : limit >= 1 && limit <= 1000000000000 && floor(limit) == limit
      ]
    ]))
    error_message = "A limit of prompts or tokens in user_limits must be a whole number, 1 to 1000000000000."
  }

  validation {
    condition = alltrue([
      for limits in concat([var.user_limits.default], values(var.user_limits.groups)) :
      limits.dollars_per_month == null ? true : limits.dollars_per_month >= 0.000001 && limits.dollars_per_month <= 1000000000000
    ])
    error_message = "dollars_per_month in user_limits must be 0.000001 to 1000000000000."
  }

  validation {
    condition = alltrue([
      for limits in concat([var.user_limits.default], values(var.user_limits.groups)) :
      contains(range(1, 101), coalesce(limits.threads, 3))
    ])
    error_message = "threads in user_limits must be a whole number, 1 to 100."
  }
}

variable "threads_per_connection" {
  description = "Threads on which one connection may have unfinished runs; 0 turns the limit off. Null: 3."
  type        = number
  default     = null

  validation {
    condition     = contains(range(0, 101), coalesce(var.threads_per_connection, 3))
    error_message = "threads_per_connection must be a whole number, 0 to 100."
  }
}

variable "rooms" {
  description = "Rooms, which connections join and to which push sends events: for each name of a room, or beginning of names and \"*\", the groups of the tokens that may be in it. The group \"*\" is everybody, an empty list nobody. The most specific entry counts. Without an entry there are no rooms."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for pattern in keys(var.rooms) : can(regex("^([A-Za-z0-9._:-]{1,128}|[A-Za-z0-9._:-]{0,128}[*])$", pattern))])
    error_message = "The keys of rooms must be names of 1 to 128 characters of A-Z a-z 0-9 . _ : -, or beginnings of names and \"*\"."
  }

  # urlencode writes a byte as one character, or as "%" and two digits.
  validation {
    condition     = alltrue([for group in flatten(values(var.rooms)) : contains(range(1, 65), length(replace(urlencode(group), "/%../", "x"))) && !can(regex("\\p{Cc}", group))])
    error_message = "The groups of rooms must have 1 to 64 bytes of UTF-8, and no control characters."
  }
}

variable "throttle" {
  description = "Requests per second (rate) and burst that the API accepts from all clients together."
  type = object({
    rate  = optional(number, 500)
    burst = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst > 0
    error_message = "throttle.rate and throttle.burst must be above 0: with 0 the API accepts no request."
  }
}

variable "log_retention_days" {
  description = "Retention of the log groups in days."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a value that CloudWatch accepts: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "log_level" {
  description = "Minimum level of the log lines of the functions. DEBUG also logs the input of tools."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be TRACE, DEBUG, INFO, WARN or ERROR."
  }
}

variable "failed_runs" {
  description = "Number of failed runs within five minutes above which the alarm is raised."
  type        = number
  default     = 0
  nullable    = false
}

variable "tracing" {
  description = "Whether the functions send traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the tables, and the user pool of auth.cognito, are protected against deletion."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of a customer managed key for tables, queues, the topic of push and logs. Its key policy must allow logs.<region>.amazonaws.com, sns.amazonaws.com and events.amazonaws.com to use it. Null: keys that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (not of an alias), or null."
  }
}

variable "vpc" {
  description = "Subnets and security groups of the worker, for tools that reach private addresses. The subnets need a way to the public addresses of AWS, such as a NAT gateway. Null: no VPC."
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) > 0 && length(var.vpc.security_group_ids) > 0
    error_message = "vpc must have at least one subnet and one security group."
  }
}

variable "region_in_names" {
  description = "Whether names that an account has once end in the region: those of the roles, the dashboard and the budget. Set it for every region but the first of the same project and environment in an account. A change replaces the roles."
  type        = bool
  default     = false
  nullable    = false
}

variable "role_path" {
  description = "Path of the roles of the functions, such as /longwire/. A change replaces the roles."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path must begin and end with a slash."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here. scripts/bootstrap creates one."
  type        = string
  default     = null
}

variable "packages" {
  description = "Folder with the zip files of the functions, as scripts/build writes them. A relative path counts from the folder in which Terraform runs."
  type        = string
}

variable "architecture" {
  description = "Architecture of the zip files: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "release" {
  description = "Name of the release, such as a commit. It becomes the description of each function, so that each release publishes a version of every function."
  type        = string
  default     = "unreleased"
  nullable    = false
}

variable "endpoint_urls" {
  description = "Address of a stand-in for an AWS service, by service (DYNAMODB, SQS, SSM, EVENTBRIDGE, BEDROCK_RUNTIME, BEDROCK_AGENT_RUNTIME). Empty in AWS."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for service in keys(var.endpoint_urls) : contains(["DYNAMODB", "SQS", "SSM", "EVENTBRIDGE", "BEDROCK_RUNTIME", "BEDROCK_AGENT_RUNTIME"], service)])
    error_message = "The keys of endpoint_urls must be DYNAMODB, SQS, SSM, EVENTBRIDGE, BEDROCK_RUNTIME or BEDROCK_AGENT_RUNTIME."
  }
}

variable "callback_endpoint" {
  description = "Address at which a stand-in for API Gateway accepts posts to connections, up to the id of the API. Null in AWS."
  type        = string
  default     = null
}
