# The functions: size, environment variables and IAM statements. Environment variables and statements refer to other
# resources, so they are in maps of their own: local.functions, the argument of for_each, depends on no resource.

locals {
  functions = {
    authorizer = { memory = 256, timeout = 10 }
    connect    = { memory = 256, timeout = 10 }
    disconnect = { memory = 256, timeout = 10 }
    ingest     = { memory = 256, timeout = 10 }
    worker     = { memory = 512, timeout = 900 }
    replay     = { memory = 256, timeout = 300 }
    push       = { memory = 256, timeout = 60 }
    sweep      = { memory = 256, timeout = 10 }
    erase      = { memory = 256, timeout = 60 }
    notify     = { memory = 256, timeout = 60 }
    ticket     = { memory = 256, timeout = 10 }
  }

  # Environment variables of each function: exactly those that the function reads at start. Those whose values only an
  # apply may know are in a map of their own, so that a plan can count the bytes of the others.
  environments = {
    authorizer = merge(
      local.users_table,
      local.auth_settings,
      { for parameter in aws_ssm_parameter.auth_token : "AUTH_TOKEN_PARAMETER" => parameter.name },
      local.endpoints["DYNAMODB"],
      local.endpoints["SSM"],
    )
    connect    = merge(local.connections_table, local.endpoints["DYNAMODB"])
    disconnect = merge(local.connections_table, local.endpoints["DYNAMODB"])
    ingest = merge(
      local.connections_table,
      local.threads_table,
      local.users_table,
      local.auth_settings,
      { for name, value in local.ingest_settings : name => value if value != null },
      local.endpoints["DYNAMODB"],
      local.endpoints["SQS"],
    )
    worker = merge(
      local.connections_table,
      local.threads_table,
      local.users_table,
      { for name, value in local.worker_settings : name => value if value != null },
      local.endpoints["DYNAMODB"],
      local.endpoints["SQS"],
      local.endpoints["SSM"],
      local.endpoints["BEDROCK_RUNTIME"],
      local.endpoints["BEDROCK_AGENT_RUNTIME"],
    )
    replay = merge(
      local.connections_table,
      local.threads_table,
      local.endpoints["DYNAMODB"],
      local.endpoints["SQS"],
    )
    push = merge(
      local.connections_table,
      local.users_table,
      local.threads_table,
      { AUTH = local.auth_mode },
      { for name, value in local.push_settings : name => value if value != null },
      local.endpoints["DYNAMODB"],
      local.endpoints["SQS"],
    )
    sweep = merge(
      local.threads_table,
      local.endpoints["DYNAMODB"],
      local.endpoints["SQS"],
    )
    erase = merge(local.threads_table, local.endpoints["DYNAMODB"])
    notify = merge(
      local.threads_table,
      { EVENT_BUS = module.push_sources.bus.name },
      local.endpoints["DYNAMODB"],
      local.endpoints["EVENTBRIDGE"],
    )
    ticket = merge(local.users_table, local.endpoints["DYNAMODB"])
  }

  addresses = {
    authorizer = local.user_pool_settings
    connect    = {}
    disconnect = {}
    ingest     = merge(local.queue, local.replay_queue, local.push_queue, local.user_pool_settings)
    worker     = merge(local.queue, local.dead_letters, local.callback, local.prompt_parameter)
    replay     = merge(local.replay_queue, local.callback)
    push       = merge(local.queue, local.push_queue, local.callback)
    sweep      = local.queue
    erase      = {}
    notify     = {}
    ticket     = {}
  }

  statements = {
    authorizer = concat([local.may.admit_users], local.may.read_token)
    connect    = [local.may.add_connection]
    disconnect = [local.may.forget_connection]
    ingest = [
      local.may.know_connection,
      local.may.record_runs,
      local.may.issue_tickets,
      local.may.admit_spending,
      local.may.send_jobs,
      local.may.send_replays,
      local.may.read_inbox,
      local.may.send_drains,
      local.may.keep_rooms,
    ]
    worker = concat(
      [
        local.may.see_connections,
        local.may.write_runs,
        local.may.take_jobs,
        local.may.send_jobs,
        local.may.keep_dead_letters,
        local.may.post_to_connections,
        local.may.spend,
      ],
      module.model_access.statements,
      local.may.retrieve,
      local.may.read_prompt,
    )
    replay = [
      local.may.serve_connections,
      local.may.read_runs,
      local.may.take_replays,
      local.may.send_replays,
      local.may.end_connections,
    ]
    push = [
      local.may.find_connections,
      local.may.deliver_events,
      local.may.keep_events,
      local.may.start_runs,
      local.may.send_jobs,
      local.may.take_pushes,
      local.may.keep_failed_pushes,
      local.may.send_broadcasts,
      local.may.post_to_connections,
    ]
    sweep  = [local.may.find_open_runs, local.may.move_runs, local.may.send_jobs]
    erase  = [local.may.erase_generations, local.may.read_changes, local.may.keep_failed_changes]
    notify = [local.may.read_answers, local.may.put_run_events, local.may.read_changes, local.may.keep_failed_ends]
    ticket = [local.may.issue_tickets]
  }
}

locals {
  connections_table = { CONNECTIONS_TABLE = module.tables.names["connections"] }
  threads_table     = { THREADS_TABLE = module.tables.names["threads"] }
  users_table       = { USERS_TABLE = module.tables.names["users"] }
  queue             = { QUEUE_URL = module.work_queue.queue.url }
  replay_queue      = { REPLAY_QUEUE_URL = module.replay_queue.queue.url }
  push_queue        = { PUSH_QUEUE_URL = module.push_queue.queue.url }
  dead_letters      = { DEAD_LETTER_URL = module.work_queue.dead_letters.url }
  callback          = { CALLBACK_ENDPOINT = local.callback_endpoint }

  # Addresses of stand-ins, by the AWS service that a function calls.
  endpoints = {
    for service in ["DYNAMODB", "SQS", "SSM", "EVENTBRIDGE", "BEDROCK_RUNTIME", "BEDROCK_AGENT_RUNTIME"] :
    service => { for key, url in var.endpoint_urls : "AWS_ENDPOINT_URL_${key}" => url if key == service }
  }

  # A setting that is null is not passed on; the default of the function applies.
  ingest_settings = {
    ON_GONE                = var.on_gone
    THREAD_TTL_HOURS       = tostring(var.thread_ttl_hours)
    RUN_SECONDS            = var.worker.run_seconds
    REPLAY_SECONDS         = var.worker.replay_seconds
    MESSAGES_PER_SECOND    = var.messages_per_second
    THREADS_PER_CONNECTION = var.threads_per_connection
    USER_LIMITS            = local.user_limits
    ROOMS                  = local.rooms
  }

  # push starts runs, as ingest does.
  push_settings = {
    THREAD_TTL_HOURS = tostring(var.thread_ttl_hours)
    RUN_SECONDS      = var.worker.run_seconds
    USER_LIMITS      = local.user_limits
    ROOMS            = local.rooms
    PROMPT_SOURCES   = length(var.prompt_sources) > 0 ? join(",", var.prompt_sources) : null
  }

  # As the worker reads them; null without them.
  model_fields = var.worker.model_fields == null ? null : jsonencode(var.worker.model_fields)
  approvals    = var.worker.approvals == null ? null : jsonencode(var.worker.approvals)

  # As the functions read it; null without rooms.
  rooms = length(var.rooms) == 0 ? null : jsonencode(var.rooms)

  # As the functions read it; null without a limit.
  limits_of = {
    for name, limits in merge({ "" = var.user_limits.default }, var.user_limits.groups) : name => {
      for key, limit in {
        threads        = limits.threads
        promptsPerDay  = limits.prompts_per_day
        tokensPerDay   = limits.tokens_per_day
        tokensPerMonth = limits.tokens_per_month
        microsPerMonth = limits.dollars_per_month == null ? null : floor(limits.dollars_per_month * 1000000 + 0.5)
      } : key => limit if limit != null
    }
  }

  user_limits = (
    length(flatten([for limits in local.limits_of : keys(limits)])) == 0
    ? null
    : jsonencode({ default = local.limits_of[""], groups = { for name, limits in local.limits_of : name => limits if name != "" } })
  )

  callback_endpoint = (
    var.callback_endpoint == null
    ? module.websocket_api.callback_endpoint
    : "${var.callback_endpoint}/${module.websocket_api.id}/${var.stage}"
  )

  # A setting that is null is not passed on; the default of the worker applies.
  worker_settings = {
    MODEL_ID               = var.model_id
    MODEL_FAMILY           = var.model_family == null ? module.model_access.application_model : var.model_family
    KNOWLEDGE_BASE_ID      = var.knowledge_base_id
    SYSTEM_PROMPT          = local.prompt_is_long ? null : local.system_prompt
    THREAD_TTL_HOURS       = tostring(var.thread_ttl_hours)
    MAX_TOKENS             = var.worker.max_tokens
    MAX_STEPS              = var.worker.max_steps
    TEMPERATURE            = var.worker.temperature
    TOP_P                  = var.worker.top_p
    MODEL_FIELDS           = local.model_fields
    HISTORY_MESSAGES       = var.worker.history_messages
    MODEL_IDLE_SECONDS     = var.worker.model_idle_seconds
    MODEL_THROTTLE_SECONDS = var.worker.model_throttle_seconds
    FLUSH_WINDOW_MS        = var.worker.flush_window_ms
    COALESCE_DELTAS        = var.worker.coalesce_deltas
    MIN_POST_INTERVAL_MS   = var.worker.min_post_interval_ms
    LEASE_SECONDS          = var.worker.lease_seconds
    VISIBILITY_SECONDS     = var.worker.visibility_seconds
    REPLAY_SECONDS         = var.worker.replay_seconds
    ANSWER_SECONDS         = var.worker.answer_seconds
    RUN_SECONDS            = var.worker.run_seconds
    TOOLS_ONCE             = var.worker.tools_once
    APPROVALS              = local.approvals
    WEATHER_GEOCODING_URL  = var.worker.geocoding_url
    WEATHER_FORECAST_URL   = var.worker.forecast_url
  }
}
