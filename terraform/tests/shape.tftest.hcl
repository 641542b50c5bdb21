# The shape of what is deployed. Plans only: nothing is asked of AWS.

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
  region      = "eu-central-1"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "tests/packages"
}

run "functions" {
  command = plan

  assert {
    condition = alltrue([
      for function in module.function :
      function.configuration.runtime == "provided.al2023" && function.configuration.architecture == "arm64" && function.configuration.log_format == "JSON"
    ])
    error_message = "every function is a bootstrap for arm64 that logs JSON"
  }

  assert {
    condition     = jsonencode({ for name, function in module.function : name => function.configuration.timeout }) == jsonencode({ connect = 10, disconnect = 10, ingest = 10, sweep = 10, worker = 900 })
    error_message = "timeouts"
  }

  assert {
    condition     = alltrue([for function in module.function : function.configuration.reserved_concurrency == -1])
    error_message = "no concurrency is reserved unless it is asked for: a fresh account refuses it"
  }

  assert {
    condition     = jsonencode(keys(module.function)) == jsonencode(keys(local.functions)) && local.functions.connect.timeout <= 10
    error_message = "one module for each entry of the map"
  }
}

run "only_the_worker_may_wake_itself" {
  command = plan

  assert {
    condition     = aws_lambda_function_recursion_config.worker.recursive_loop == "Allow" && aws_lambda_function_recursion_config.worker.function_name == "longwire-test-worker"
    error_message = "Lambda would stop the worker's own messages as a loop"
  }
}

run "queue" {
  command = plan

  assert {
    condition     = module.work_queue.settings.visibility == local.functions.worker.timeout
    error_message = "Lambda refuses an event source whose visibility is shorter than the function's timeout"
  }

  assert {
    condition = jsonencode(module.work_queue.settings) == jsonencode({
      batch_size          = 1
      concurrency         = 5
      dead_retention_days = 14
      max_receives        = 10
      response_types      = ["ReportBatchItemFailures"]
      retention_days      = 4
      visibility          = 900
    })
    error_message = jsonencode(module.work_queue.settings)
  }
}

run "routes" {
  command = plan

  # ingest reads `action` itself, so that what is no action, or no JSON, gets its answer, too.
  assert {
    condition     = jsonencode(module.websocket_api.routes) == jsonencode({ "$connect" = false, "$default" = true, "$disconnect" = false })
    error_message = jsonencode(module.websocket_api.routes)
  }

  assert {
    condition     = !can(regex("(?i)query|authorization|header", module.websocket_api.access_log_format))
    error_message = "the access log must hold neither the query string nor headers"
  }
}

run "a_reservation_below_the_concurrency_is_refused" {
  command = plan

  variables {
    reserved_concurrency = { worker = 4 }
  }

  expect_failures = [aws_lambda_function_recursion_config.worker]
}

run "a_reservation_is_made" {
  command = plan

  variables {
    reserved_concurrency = { worker = 8 }
  }

  assert {
    condition     = module.function["worker"].configuration.reserved_concurrency == 8
    error_message = "the worker's reservation"
  }
}

run "a_name_of_ones_own" {
  command = plan

  variables {
    domain = {
      name            = "agent.example.com"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      zone_id         = "Z1"
    }
  }

  assert {
    condition     = output.websocket_url == "wss://agent.example.com" && output.wscat == "npx wscat -c wss://agent.example.com -s longwire.v1"
    error_message = output.websocket_url
  }
}
