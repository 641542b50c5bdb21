# Each function gets exactly the variables that its sources read. The expected list is parsed from the sources.

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

override_resource {
  target          = module.websocket_api.aws_apigatewayv2_api.this
  override_during = plan
  values = {
    id            = "a1b2c3"
    api_endpoint  = "wss://a1b2c3.execute-api.eu-central-1.amazonaws.com"
    execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3"
  }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["connections"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections" }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["threads"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads" }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["users"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users" }
}

override_resource {
  target          = module.work_queue.aws_sqs_queue.work
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-runs"
  }
}

override_resource {
  target          = module.work_queue.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-runs-dead"
  }
}

override_resource {
  target          = module.replay_queue.aws_sqs_queue.work
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-replays"
  }
}

override_resource {
  target          = module.replay_queue.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-replays-dead"
  }
}

variables {
  environment = "test"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "tests/packages"
  auth_token  = "a-token-that-only-these-tests-know"
}


run "with_all_settings_each_function_gets_the_variables_it_reads" {
  command = plan

  variables {
    auth                   = { issuer = "http://127.0.0.1:1", audience = "chat", groups_claim = "roles" }
    knowledge_base_id      = "KB12345678"
    model_family           = "anthropic.claude-sonnet-5-5"
    system_prompt          = "Be brief."
    messages_per_second    = 5
    threads_per_connection = 3
    user_limits            = { default = { tokens_per_day = 100000 } }
    prompt_sources         = ["com.acme.orders"]
    rooms                  = { ops = ["staff"], "lobby-*" = ["*"], closed = [] }
    endpoint_urls = {
      DYNAMODB              = "http://127.0.0.1:1"
      SQS                   = "http://127.0.0.1:1"
      SSM                   = "http://127.0.0.1:1"
      EVENTBRIDGE           = "http://127.0.0.1:1"
      BEDROCK_RUNTIME       = "http://127.0.0.1:1"
      BEDROCK_AGENT_RUNTIME = "http://127.0.0.1:1"
    }
    worker = {
      max_tokens             = 100
      max_steps              = 3
      temperature            = 0.5
      top_p                  = 0.9
      model_fields           = { thinking = { type = "adaptive" } }
      history_messages       = 10
      model_idle_seconds     = 60
      model_throttle_seconds = 60
      flush_window_ms        = 33
      coalesce_deltas        = true
      min_post_interval_ms   = 16
      lease_seconds          = 9
      visibility_seconds     = 12
      replay_seconds         = 60
      run_seconds            = 600
      answer_seconds         = 600
      tools_once             = "get_weather"
      geocoding_url          = "http://127.0.0.1:1"
      forecast_url           = "http://127.0.0.1:1"
      approvals = {
        current_time = "always"
        get_weather  = { if = { properties = { location = { const = "Berlin" } }, required = ["location"] } }
        kb_lookup    = { group = "ops" }
        unlisted     = "never"
      }
    }
  }

  # The modes oidc and token exclude each other, and so do a short prompt and a long one: the variables of token and of a long
  # prompt are added to those of the plan.
  assert {
    condition = alltrue([
      for name, files in {
        authorizer = ["config.rs"]
        connect    = ["main.rs"]
        disconnect = ["main.rs"]
        ingest     = ["config.rs"]
        worker     = ["config.rs", "model.rs", "settings.rs", "system_prompt.rs"]
        replay     = ["config.rs"]
        push       = ["config.rs"]
        sweep      = ["config.rs"]
        erase      = ["main.rs"]
        notify     = ["config.rs"]
        ticket     = ["main.rs"]
      } :
      toset(concat(
        [for variable in keys(module.function[name].environment) : variable if !startswith(variable, "AWS_ENDPOINT_URL_")],
        lookup({ authorizer = ["AUTH_TOKEN_PARAMETER"], worker = ["SYSTEM_PROMPT_PARAMETER"] }, name, []),
      )) ==
      toset(flatten([for path in files : regexall("\"([A-Z][A-Z_]{3,})\"", file("../../../lambdas/${name}/src/${path}"))]))
    ])
    error_message = "A function reads other variables than it gets: ${jsonencode({ for name, function in module.function : name => keys(function.environment) })}"
  }

  assert {
    condition     = module.function["worker"].environment.MODEL_FIELDS == "{\"thinking\":{\"type\":\"adaptive\"}}"
    error_message = module.function["worker"].environment.MODEL_FIELDS
  }

  assert {
    condition = module.function["worker"].environment.APPROVALS == join("", [
      "{\"current_time\":\"always\",",
      "\"get_weather\":{\"if\":{\"properties\":{\"location\":{\"const\":\"Berlin\"}},\"required\":[\"location\"]}},",
      "\"kb_lookup\":{\"group\":\"ops\"},\"unlisted\":\"never\"}",
    ])
    error_message = module.function["worker"].environment.APPROVALS
  }

  assert {
    condition = alltrue([
      for name in ["ingest", "push"] :
      module.function[name].environment.ROOMS == "{\"closed\":[],\"lobby-*\":[\"*\"],\"ops\":[\"staff\"]}"
    ])
    error_message = module.function["push"].environment.ROOMS
  }

  assert {
    condition = jsonencode({
      for name, function in module.function : name => [for variable in keys(function.environment) : trimprefix(variable, "AWS_ENDPOINT_URL_") if startswith(variable, "AWS_ENDPOINT_URL_")]
      }) == jsonencode({
      authorizer = ["DYNAMODB", "SSM"]
      connect    = ["DYNAMODB"]
      disconnect = ["DYNAMODB"]
      erase      = ["DYNAMODB"]
      ingest     = ["DYNAMODB", "SQS"]
      notify     = ["DYNAMODB", "EVENTBRIDGE"]
      push       = ["DYNAMODB", "SQS"]
      replay     = ["DYNAMODB", "SQS"]
      sweep      = ["DYNAMODB", "SQS"]
      ticket     = ["DYNAMODB"]
      worker     = ["BEDROCK_AGENT_RUNTIME", "BEDROCK_RUNTIME", "DYNAMODB", "SQS", "SSM"]
    })
    error_message = "The address of a stand-in must go to the functions that call its service."
  }
}

run "settings_without_a_value_are_left_out" {
  command = plan

  assert {
    condition = jsonencode(sort(keys(module.function["worker"].environment))) == jsonencode([
      "CALLBACK_ENDPOINT", "CONNECTIONS_TABLE", "DEAD_LETTER_URL", "MODEL_ID", "QUEUE_URL", "THREADS_TABLE", "THREAD_TTL_HOURS", "USERS_TABLE",
    ])
    error_message = jsonencode(keys(module.function["worker"].environment))
  }

  assert {
    condition     = module.function["worker"].environment.CALLBACK_ENDPOINT == "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/live"
    error_message = module.function["worker"].environment.CALLBACK_ENDPOINT
  }

  assert {
    condition     = nonsensitive(output.callback_endpoint) == module.function["worker"].environment.CALLBACK_ENDPOINT
    error_message = "Services must post where the functions post."
  }

  assert {
    condition     = module.function["worker"].environment.THREAD_TTL_HOURS == module.function["ingest"].environment.THREAD_TTL_HOURS
    error_message = "THREAD_TTL_HOURS must be the same in worker and ingest."
  }
}

run "without_rooms_no_function_gets_any" {
  command = plan

  assert {
    condition     = alltrue([for function in module.function : !contains(keys(function.environment), "ROOMS")])
    error_message = "ROOMS must be left out."
  }
}

run "ingest_gets_the_limits_of_users_as_it_reads_them" {
  command = plan

  variables {
    user_limits = {
      default = { threads = 2, prompts_per_day = 100, dollars_per_month = 12.34 }
      groups = {
        guest = { tokens_per_day = 1000, dollars_per_month = 0.000001 }
        staff = { threads = 100, tokens_per_day = 1000000000000, tokens_per_month = 2000000, dollars_per_month = 101 / 100 }
      }
    }
  }

  assert {
    condition = module.function["ingest"].environment.USER_LIMITS == join("", [
      "{\"default\":{\"microsPerMonth\":12340000,\"promptsPerDay\":100,\"threads\":2},",
      "\"groups\":{",
      "\"guest\":{\"microsPerMonth\":1,\"tokensPerDay\":1000},",
      "\"staff\":{\"microsPerMonth\":1010000,\"threads\":100,\"tokensPerDay\":1000000000000,\"tokensPerMonth\":2000000}}}",
    ])
    error_message = module.function["ingest"].environment.USER_LIMITS
  }

  # The limits of a run travel in its job.
  assert {
    condition     = !contains(keys(module.function["worker"].environment), "USER_LIMITS")
    error_message = "The worker does not read USER_LIMITS."
  }
}

run "a_limit_of_a_group_needs_no_default_one" {
  command = plan

  variables {
    user_limits = { groups = { guest = { threads = 1 }, staff = {} } }
  }

  assert {
    condition     = module.function["ingest"].environment.USER_LIMITS == "{\"default\":{},\"groups\":{\"guest\":{\"threads\":1},\"staff\":{}}}"
    error_message = module.function["ingest"].environment.USER_LIMITS
  }
}

run "without_a_limit_of_users_ingest_keeps_its_own" {
  command = plan

  variables {
    user_limits = { groups = { staff = {} } }
  }

  assert {
    condition     = !contains(keys(module.function["ingest"].environment), "USER_LIMITS")
    error_message = "USER_LIMITS must be left out."
  }
}
