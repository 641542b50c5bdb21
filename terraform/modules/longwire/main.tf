module "tables" {
  source = "../tables"

  name                   = local.name
  tables                 = local.tables
  point_in_time_recovery = var.point_in_time_recovery
  deletion_protection    = var.deletion_protection
  kms_key_arn            = var.kms_key_arn
}

module "function" {
  source   = "../function"
  for_each = local.functions

  name                 = "${local.name}-${each.key}"
  role_name            = "${local.name}-${each.key}${local.suffix}"
  role_path            = var.role_path
  package              = "${var.packages}/${each.key}.zip"
  architecture         = var.architecture
  release              = var.release
  memory               = each.value.memory
  timeout              = each.value.timeout
  reserved_concurrency = lookup(var.reserved_concurrency, each.key, -1)
  environment          = local.environments[each.key]
  addresses            = local.addresses[each.key]
  statements           = concat(local.statements[each.key], local.may.use_key)
  vpc                  = each.key == "worker" ? var.vpc : null
  tracing              = var.tracing
  log_level            = var.log_level
  log_groups_arn       = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group"
  functions_arn        = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function"
  log_retention_days   = var.log_retention_days
  kms_key_arn          = var.kms_key_arn
  permissions_boundary = var.permissions_boundary
}

module "websocket_api" {
  source = "../websocket_api"

  name  = "${local.name}-websocket"
  tags  = local.tags
  stage = var.stage
  routes = {
    for key, route in local.routes : key => {
      function_name = module.function[route.function].function_name
      alias         = module.function[route.function].alias
      invoke_arn    = module.function[route.function].invoke_arn
      responds      = route.responds
    }
  }
  authorizer         = module.function["authorizer"]
  throttle           = var.throttle
  domain             = var.domain
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
}

module "work_queue" {
  source = "../work_queue"

  name         = "${local.name}-runs"
  function_arn = module.function["worker"].alias_arn
  # The function shortens it as soon as it has a message.
  visibility_timeout = local.functions.worker.timeout
  concurrency        = var.worker_concurrency
  kms_key_arn        = var.kms_key_arn
}

# Replays have a queue of their own, so that readers cost no run its worker.
module "replay_queue" {
  source = "../work_queue"

  name               = "${local.name}-replays"
  function_arn       = module.function["replay"].alias_arn
  visibility_timeout = local.functions.replay.timeout
  concurrency        = var.replay_concurrency
  kms_key_arn        = var.kms_key_arn
}

# The two readers of the stream of threads. A shard of a stream has two readers at most (DynamoDB, "Change data capture for
# DynamoDB Streams").
module "thread_changes" {
  source = "../table_changes"

  name         = "${local.name}-erase"
  stream_arn   = module.tables.stream_arns["threads"]
  function_arn = module.function["erase"].alias_arn
  # A new item ends nothing. The function itself compares the images of a changed one, which a filter cannot.
  pattern = {
    eventName = ["MODIFY", "REMOVE"]
    dynamodb  = { Keys = { item = { S = ["META"] } } }
  }
  batch = { size = 100, window = 10 }
  # A large thread needs several attempts.
  retries     = 20
  kms_key_arn = var.kms_key_arn
}

module "ended_runs" {
  source = "../table_changes"

  name         = "${local.name}-notify"
  stream_arn   = module.tables.stream_arns["threads"]
  function_arn = module.function["notify"].alias_arn
  # The rows of runs that end with this change and whose clients asked for an event. `exists` works on leaves only, so the
  # pattern names the type of the attribute.
  pattern = {
    eventName = ["MODIFY"]
    dynamodb = {
      Keys     = { item = { S = [{ prefix = "RUN#" }] } }
      NewImage = { notify = { S = [{ exists = true }] }, status = { S = local.ended } }
      OldImage = { status = { S = [{ anything-but = local.ended }] } }
    }
  }
  # A request of PutEvents has ten entries at most.
  batch = { size = 10, window = 0 }
  # Events wait while the bus does not take them.
  retries     = 100
  kms_key_arn = var.kms_key_arn
}

# The worker sends jobs to its own queue. Lambda's recursive loop detection would stop it after about 16 invocations
# ("Use Lambda recursive loop detection to prevent infinite loops"). The worker has limits of its own: number of
# hand-overs, duration of a run, length of a run queue.
resource "aws_lambda_function_recursion_config" "worker" {
  function_name  = module.function["worker"].function_name
  recursive_loop = "Allow"

  lifecycle {
    precondition {
      condition     = lookup(var.reserved_concurrency, "worker", var.worker_concurrency) >= var.worker_concurrency
      error_message = "reserved_concurrency.worker must be at least worker_concurrency: a message that finds no free worker still counts as received."
    }
  }
}

# The function sends itself what does not fit into one invocation. A connection waits for a bounded number of replays, and
# each has a time limit.
resource "aws_lambda_function_recursion_config" "replay" {
  function_name  = module.function["replay"].function_name
  recursive_loop = "Allow"

  lifecycle {
    precondition {
      condition     = lookup(var.reserved_concurrency, "replay", var.replay_concurrency) >= var.replay_concurrency
      error_message = "reserved_concurrency.replay must be at least replay_concurrency: a message that finds no free invocation still counts as received."
    }
  }
}

module "alarms" {
  source = "../alarms"

  name             = local.name
  global_name      = "${local.name}${local.suffix}"
  functions        = { for key, function in module.function : key => function.function_name }
  schedules        = keys(local.schedules)
  log_groups       = { for key, function in module.function : key => function.log_group }
  access_log_group = module.websocket_api.access_log_group
  queue_name       = module.work_queue.queue.name
  dead_letter_name = module.work_queue.dead_letters.name
  unerased_name    = module.thread_changes.failures.name
  unnotified_name  = module.ended_runs.failures.name
  replay_queue     = { name = module.replay_queue.queue.name, dead_letter_name = module.replay_queue.dead_letters.name }
  push_queue       = { name = module.push_queue.queue.name, dead_letter_name = module.push_queue.dead_letters.name }
  api_id           = module.websocket_api.id
  stage            = module.websocket_api.stage
  failed_runs      = var.failed_runs
  dashboard        = var.alarms.dashboard
  email            = var.alarms.email
  topic_arn        = var.alarms.topic_arn
  budget           = one([for dollars in var.alarms.monthly_budget_dollars[*] : { usd_per_month = dollars }])
}
