# Functions, queue and routes of the deployment. Plans only, without AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  environment = "test"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "tests/packages"
  auth_token  = "a-token-that-only-these-tests-know"
}

run "functions" {
  command = plan

  assert {
    condition = alltrue([
      for function in module.function :
      function.configuration.runtime == "provided.al2023" && function.configuration.architecture == "arm64" && function.configuration.log_format == "JSON"
    ])
    error_message = "Every function must use provided.al2023, arm64 and JSON logs."
  }

  assert {
    condition     = jsonencode({ for name, function in module.function : name => function.configuration.timeout }) == jsonencode({ authorizer = 10, connect = 10, disconnect = 10, erase = 60, ingest = 10, notify = 60, push = 60, replay = 300, sweep = 10, ticket = 10, worker = 900 })
    error_message = "Unexpected timeouts."
  }

  assert {
    condition     = alltrue([for function in module.function : function.configuration.reserved_concurrency == -1])
    error_message = "No concurrency may be reserved by default: a new account refuses it."
  }

  assert {
    condition     = jsonencode(keys(module.function)) == jsonencode(keys(local.functions)) && local.functions.connect.timeout <= 10
    error_message = "There must be one module per entry of local.functions."
  }
}

run "recursion_is_allowed_for_the_worker" {
  command = plan

  assert {
    condition     = aws_lambda_function_recursion_config.worker.recursive_loop == "Allow" && aws_lambda_function_recursion_config.worker.function_name == "longwire-test-worker"
    error_message = "Lambda would drop the jobs that the worker sends to its own queue."
  }
}

run "recursion_is_allowed_for_replay" {
  command = plan

  assert {
    condition     = aws_lambda_function_recursion_config.replay.recursive_loop == "Allow" && aws_lambda_function_recursion_config.replay.function_name == "longwire-test-replay"
    error_message = "Lambda would drop what replay leaves for its next invocation."
  }
}

run "queue" {
  command = plan

  assert {
    condition     = module.work_queue.settings.visibility == local.functions.worker.timeout
    error_message = "Lambda refuses an event source whose visibility timeout is shorter than the timeout of the function."
  }

  assert {
    condition = jsonencode(module.work_queue.settings) == jsonencode({
      batch_size          = 1
      concurrency         = 2
      dead_retention_days = 14
      max_receives        = 10
      response_types      = ["ReportBatchItemFailures"]
      retention_days      = 4
      visibility          = 900
    })
    error_message = jsonencode(module.work_queue.settings)
  }
}

# With the default of SQS every queue of the account could, and so put messages into these queues past their policies.
run "no_queue_has_them_as_its_dead_letter_queue" {
  command = plan

  assert {
    condition = toset([
      for queue in [module.work_queue, module.replay_queue, module.push_queue, module.thread_changes, module.ended_runs] : queue.redrive_permission
    ]) == toset(["denyAll"])
    error_message = "A queue may be the dead-letter queue of others."
  }
}

run "changes_of_threads" {
  command = plan

  assert {
    condition = jsonencode(module.thread_changes.settings) == jsonencode({
      batch_size          = 100
      batching_window     = 10
      bisect              = true
      dead_retention_days = 14
      filters             = [{ dynamodb = { Keys = { item = { S = ["META"] } } }, eventName = ["MODIFY", "REMOVE"] }]
      record_age          = 21600
      response_types      = ["ReportBatchItemFailures"]
      retries             = 20
      starting_position   = "TRIM_HORIZON"
    })
    error_message = jsonencode(module.thread_changes.settings)
  }

  # A filter that names another key than the code would hide the changes.
  assert {
    condition     = strcontains(file("../../../shared/store/src/threads/keys.rs"), "const META: &str = \"${module.thread_changes.settings.filters[0].dynamodb.Keys.item.S[0]}\"")
    error_message = "The filter of the stream must name the sort key of a thread's own item."
  }
}

run "ends_of_runs" {
  command = plan

  assert {
    condition = jsonencode(module.ended_runs.settings) == jsonencode({
      batch_size          = 10
      batching_window     = 0
      bisect              = true
      dead_retention_days = 14
      filters = [{
        dynamodb = {
          Keys     = { item = { S = [{ prefix = "RUN#" }] } }
          NewImage = { notify = { S = [{ exists = true }] }, status = { S = ["finished", "failed", "cancelled"] } }
          OldImage = { status = { S = [{ anything-but = ["finished", "failed", "cancelled"] }] } }
        }
        eventName = ["MODIFY"]
      }]
      record_age        = 21600
      response_types    = ["ReportBatchItemFailures"]
      retries           = 100
      starting_position = "TRIM_HORIZON"
    })
    error_message = jsonencode(module.ended_runs.settings)
  }

  # A filter that names another key or another status than the code would hide the ends.
  assert {
    condition = (
      strcontains(file("../../../shared/store/src/threads/keys.rs"), "const RUNS: &str = \"${module.ended_runs.settings.filters[0].dynamodb.Keys.item.S[0].prefix}\"") &&
      alltrue([for status in local.ended : strcontains(file("../../../shared/store/src/threads/transition.rs"), "=> \"${status}\",")]) &&
      length(regexall("=> \"[a-z]+\",", file("../../../shared/store/src/threads/transition.rs"))) == length(local.ended) + 2
    )
    error_message = "The filter of the stream must name the rows of runs and their final statuses."
  }

  # The rule of push must not take an event about a run for an event of a service.
  assert {
    condition     = !strcontains(file("../../../lambdas/notify/src/event.rs"), one(module.push_sources.settings.pattern.detail-type))
    error_message = "An event about a run has the detail type of an event for push."
  }
}

run "queue_of_replays" {
  command = plan

  assert {
    condition = jsonencode(module.replay_queue.settings) == jsonencode({
      batch_size          = 1
      concurrency         = 2
      dead_retention_days = 14
      max_receives        = 10
      response_types      = ["ReportBatchItemFailures"]
      retention_days      = 4
      visibility          = local.functions.replay.timeout
    })
    error_message = jsonencode(module.replay_queue.settings)
  }
}

run "queue_of_push" {
  command = plan

  # The queue repeats a message 24 minutes at most, within the day for which a delivery is known.
  assert {
    condition = jsonencode(module.push_queue.settings) == jsonencode({
      batch_size          = 10
      concurrency         = 2
      dead_retention_days = 14
      max_receives        = 4
      response_types      = ["ReportBatchItemFailures"]
      retention_days      = 4
      visibility          = 360
    })
    error_message = jsonencode(module.push_queue.settings)
  }

  assert {
    condition     = jsonencode([module.push_queue.queue.name, module.push_queue.dead_letters.name]) == jsonencode(["longwire-test-pushes", "longwire-test-push-dead"])
    error_message = "Unexpected names: ${module.push_queue.queue.name}, ${module.push_queue.dead_letters.name}"
  }
}

run "routes" {
  command = plan

  # ingest reads `action` itself, so that a request without an action, or that is not JSON, gets a response.
  assert {
    condition     = jsonencode(module.websocket_api.routes) == jsonencode({ "$connect" = false, "$default" = true, "$disconnect" = false })
    error_message = jsonencode(module.websocket_api.routes)
  }

  assert {
    condition     = !can(regex("(?i)query|authorization|header", module.websocket_api.access_log_format))
    error_message = "The access log must not contain the query string or headers."
  }
}

run "a_reservation_below_the_concurrency_is_refused" {
  command = plan

  variables {
    worker_concurrency   = 5
    reserved_concurrency = { worker = 4 }
  }

  expect_failures = [aws_lambda_function_recursion_config.worker]
}

run "a_reservation_below_the_concurrency_of_replay_is_refused" {
  command = plan

  variables {
    replay_concurrency   = 5
    reserved_concurrency = { replay = 4 }
  }

  expect_failures = [aws_lambda_function_recursion_config.replay]
}

run "concurrency_is_reserved" {
  command = plan

  variables {
    reserved_concurrency = { worker = 8 }
  }

  assert {
    condition     = module.function["worker"].configuration.reserved_concurrency == 8
    error_message = "Unexpected reserved concurrency of the worker."
  }
}

run "custom_domain" {
  command = plan

  variables {
    domain = {
      name            = "agent.example.com"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      zone_id         = "Z1"
    }
  }

  assert {
    condition     = nonsensitive(output.websocket_url) == "wss://agent.example.com" && nonsensitive(output.wscat) == "npx wscat -c wss://agent.example.com -s longwire.v1 -H \"Authorization: Bearer $TOKEN\""
    error_message = "Unexpected addresses for clients."
  }

  # API Gateway refuses posts to the name that it assigned as well, once that name is disabled.
  assert {
    condition     = !module.websocket_api.default_endpoint && nonsensitive(output.callback_endpoint) == "https://agent.example.com"
    error_message = "With a domain, clients and posts must use the domain, and nothing else."
  }

  # The mapping contains the stage, so the address does not.
  assert {
    condition     = alltrue([for name in ["worker", "replay", "push"] : module.function[name].environment.CALLBACK_ENDPOINT == "https://agent.example.com"])
    error_message = module.function["worker"].environment.CALLBACK_ENDPOINT
  }
}

run "without_a_custom_domain" {
  command = plan

  assert {
    condition     = module.websocket_api.default_endpoint
    error_message = "Without a domain the name that API Gateway assigned is the only address."
  }
}

run "names_without_the_region" {
  command = plan

  variables {
    alarms = { dashboard = true }
  }

  assert {
    condition     = jsonencode({ for key, function in module.function : key => function.role }) == jsonencode({ for key in keys(local.functions) : key => { name = "longwire-test-${key}", path = "/" } })
    error_message = "Roles must have the names of their functions."
  }

  assert {
    condition     = strcontains(module.alarms.dashboard_url, "dashboards/dashboard/longwire-test")
    error_message = "The dashboard must have the name of the deployment."
  }
}

# An account has each of these names once. The names of all other resources belong to a region.
run "names_with_the_region" {
  command = plan

  variables {
    region_in_names = true
    role_path       = "/longwire/"
    alarms          = { email = "team@example.com", monthly_budget_dollars = 50, dashboard = true }
  }

  assert {
    condition     = jsonencode({ for key, function in module.function : key => function.role }) == jsonencode({ for key in keys(local.functions) : key => { name = "longwire-test-${key}-eu-central-1", path = "/longwire/" } })
    error_message = "Roles must end in the region and have the path."
  }

  assert {
    condition     = alltrue([for key, function in module.function : function.function_name == "longwire-test-${key}"])
    error_message = "Functions belong to a region, so their names must not end in it."
  }

  assert {
    condition     = endswith(module.alarms.dashboard_url, "/longwire-test-eu-central-1") && module.alarms.budget_name == "longwire-test-eu-central-1-monthly"
    error_message = "The dashboard and the budget must end in the region."
  }
}

run "vpc_of_the_worker" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = jsonencode({ for key, function in module.function : key => function.configuration.subnet_ids if length(function.configuration.subnet_ids) > 0 }) == jsonencode({ worker = ["subnet-1", "subnet-2"] })
    error_message = "The worker, and no other function, must be in the subnets."
  }
}

run "a_vpc_without_subnets" {
  command = plan

  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "a_role_path_without_slashes" {
  command = plan

  variables {
    role_path = "longwire"
  }

  expect_failures = [var.role_path]
}
