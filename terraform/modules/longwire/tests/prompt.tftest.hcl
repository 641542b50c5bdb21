# Where the system prompt is, and the bytes of the environment variables. Plans only, without AWS. The values that AWS chooses
# are the longest that it can choose.

provider "aws" {
  region                      = "ap-northeast-1"
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
    id           = "a1b2c3d4e5"
    api_endpoint = "wss://a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com.cn"
  }
}

override_resource {
  target          = module.work_queue.aws_sqs_queue.work
  override_during = plan
  values          = { url = "https://sqs.ap-northeast-1.amazonaws.com.cn/123456789012/abcdefghijklmnop-abcdefghijkl-runs" }
}

override_resource {
  target          = module.work_queue.aws_sqs_queue.dead
  override_during = plan
  values          = { url = "https://sqs.ap-northeast-1.amazonaws.com.cn/123456789012/abcdefghijklmnop-abcdefghijkl-runs-dead" }
}

override_resource {
  target          = module.replay_queue.aws_sqs_queue.work
  override_during = plan
  values          = { url = "https://sqs.ap-northeast-1.amazonaws.com.cn/123456789012/abcdefghijklmnop-abcdefghijkl-replays" }
}

override_resource {
  target          = module.push_queue.aws_sqs_queue.work
  override_during = plan
  values          = { url = "https://sqs.ap-northeast-1.amazonaws.com.cn/123456789012/abcdefghijklmnop-abcdefghijkl-pushes" }
}

override_resource {
  target          = aws_ssm_parameter.system_prompt
  override_during = plan
  values          = { version = 1234567 }
}

override_resource {
  target          = module.user_pool[0].aws_cognito_user_pool.this
  override_during = plan
  values          = { endpoint = "cognito-idp.ap-northeast-1.amazonaws.com.cn/ap-northeast-1_A1b2C3d4E" }
}

override_resource {
  target          = module.user_pool[0].aws_cognito_user_pool_client.this
  override_during = plan
  values          = { id = "1example23456789abcdefghij" }
}

variables {
  project     = "abcdefghijklmnop"
  environment = "abcdefghijkl"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "tests/packages"
  auth        = { cognito = true }
}

run "without_a_prompt_there_is_no_parameter" {
  command = plan

  assert {
    condition = (
      length(aws_ssm_parameter.system_prompt) == 0 &&
      length([for name in keys(module.function["worker"].environment) : name if startswith(name, "SYSTEM_PROMPT")]) == 0 &&
      !contains(local.statements.worker[*].sid, "ReadPrompt")
    )
    error_message = jsonencode(module.function["worker"].environment)
  }
}

run "a_short_prompt_is_in_the_environment" {
  command = plan

  variables {
    # 2,000 bytes.
    system_prompt = "${join("", [for _ in range(666) : "日"])}ab"
  }

  assert {
    condition = (
      module.function["worker"].environment.SYSTEM_PROMPT == var.system_prompt &&
      !contains(keys(module.function["worker"].environment), "SYSTEM_PROMPT_PARAMETER")
    )
    error_message = jsonencode(module.function["worker"].environment)
  }

  # A rollback to a release with a long prompt needs them.
  assert {
    condition = (
      aws_ssm_parameter.system_prompt[0].value == "The prompt is in the environment variable SYSTEM_PROMPT." &&
      contains(local.statements.worker[*].sid, "ReadPrompt")
    )
    error_message = "The parameter must stay, and the worker must be able to read its versions."
  }
}

run "a_long_prompt_is_in_the_parameter" {
  command = plan

  variables {
    # 2,000 characters, 6,000 bytes.
    system_prompt = join("", [for _ in range(1000) : "日本"])
  }

  assert {
    condition = (
      aws_ssm_parameter.system_prompt[0].name == "/abcdefghijklmnop/abcdefghijkl/system-prompt" &&
      aws_ssm_parameter.system_prompt[0].type == "String" &&
      aws_ssm_parameter.system_prompt[0].tier == "Intelligent-Tiering" &&
      aws_ssm_parameter.system_prompt[0].value == var.system_prompt
    )
    error_message = "The parameter must hold the whole prompt."
  }

  assert {
    condition = (
      module.function["worker"].environment.SYSTEM_PROMPT_PARAMETER == "/abcdefghijklmnop/abcdefghijkl/system-prompt:1234567" &&
      !contains(keys(module.function["worker"].environment), "SYSTEM_PROMPT")
    )
    error_message = jsonencode(module.function["worker"].environment)
  }

  assert {
    condition = jsonencode([
      for name, statements in local.statements : [name, [
        for statement in statements : [statement.actions, statement.resources] if statement.sid == "ReadPrompt"
      ]] if contains(statements[*].sid, "ReadPrompt")
    ]) == jsonencode([["worker", [[["ssm:GetParameter"], ["arn:aws:ssm:ap-northeast-1:123456789012:parameter/abcdefghijklmnop/abcdefghijkl/system-prompt"]]]]])
    error_message = "The worker, and only the worker, reads the prompt."
  }

  # The maximum of 128 bytes for what AWS chooses is enough, with the longest names.
  assert {
    condition = alltrue([
      for function in module.function :
      function.environment_bytes >= length(replace(urlencode(jsonencode(function.environment)), "/%../", "x"))
    ])
    error_message = jsonencode({ for name, function in module.function : name => [function.environment_bytes, function.environment] })
  }
}

run "a_prompt_gives_way_to_approvals" {
  command = plan

  variables {
    system_prompt = format("%1000s", "x")
    worker = {
      approvals = { for number in range(50) : "tool-${number}" => { group = "operations" } }
    }
  }

  assert {
    condition     = contains(keys(module.function["worker"].environment), "SYSTEM_PROMPT_PARAMETER")
    error_message = "The prompt must be in the parameter."
  }
}

# Braces that Parameter Store refuses do no harm in the environment.
run "a_short_prompt_may_have_braces" {
  command = plan

  variables {
    system_prompt = "Answer as {{name}}."
  }

  assert {
    condition     = module.function["worker"].environment.SYSTEM_PROMPT == "Answer as {{name}}."
    error_message = jsonencode(module.function["worker"].environment)
  }
}

# Everything but the prompt and what a user writes has half of the 4 KB.
run "all_settings_leave_room_for_the_prompt" {
  command = plan

  variables {
    auth              = { issuer = "https://login.example.com/a-tenant-with-a-long-name", audience = "chat", groups_claim = "roles" }
    knowledge_base_id = "KB12345678"
    model_id          = "arn:aws:bedrock:ap-northeast-1:123456789012:imported-model/a1b2c3d4e5f6"
    model_family      = "meta.llama3-3-70b-instruct-v1:0"
    worker = {
      max_tokens             = 16000
      max_steps              = 100
      temperature            = 0.5
      top_p                  = 0.9
      history_messages       = 1000
      model_idle_seconds     = 1000
      model_throttle_seconds = 1000
      flush_window_ms        = 1000
      coalesce_deltas        = false
      min_post_interval_ms   = 1000
      lease_seconds          = 800
      visibility_seconds     = 900
      replay_seconds         = 86400
      run_seconds            = 86400
      answer_seconds         = 86400
      geocoding_url          = "https://geocoding.weather.example.com/v1/search"
      forecast_url           = "https://forecast.weather.example.com/v1/forecast"
    }
  }

  assert {
    condition     = module.function["worker"].environment_bytes <= 2048
    error_message = module.function["worker"].environment_bytes
  }
}
