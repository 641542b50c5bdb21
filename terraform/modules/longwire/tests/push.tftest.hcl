# Topic, event bus and rules that lead to the queue of push. Plans only, without AWS.

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

run "sources_of_push" {
  command = plan

  override_resource {
    target          = module.push_queue.aws_sqs_queue.work
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes" }
  }

  override_resource {
    target          = module.push_queue.aws_sqs_queue.dead
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead" }
  }

  assert {
    condition = jsonencode(module.push_sources.settings) == jsonencode({
      bus               = "longwire-test"
      pattern           = { detail-type = ["longwire.push"] }
      prompts           = []
      rule              = "longwire-test-push"
      rule_bus          = "longwire-test"
      rule_target       = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"
      rule_undelivered  = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead"
      topic             = "longwire-test-pushes"
      topic_raw         = false
      topic_target      = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"
      topic_undelivered = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead"
    })
    error_message = jsonencode(module.push_sources.settings)
  }

  # Lambda would drop the event of an asynchronous invocation that failed.
  assert {
    condition = (
      aws_lambda_function_event_invoke_config.push.qualifier == "live" &&
      one(one(aws_lambda_function_event_invoke_config.push.destination_config).on_failure).destination == "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead"
    )
    error_message = "An asynchronous invocation that failed must leave its event in push-dead."
  }
}

run "sources_of_prompts" {
  command = plan

  variables {
    prompt_sources = ["com.acme.orders", "com.acme.mail"]
  }

  override_resource {
    target          = module.push_queue.aws_sqs_queue.dead
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead" }
  }

  override_resource {
    target          = module.push_sources.aws_cloudwatch_event_rule.prompt
    override_during = plan
    values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/longwire-test/longwire-test-prompt" }
  }

  assert {
    condition     = jsonencode(module.push_sources.settings.pattern) == jsonencode({ detail-type = ["longwire.push"], source = [{ anything-but = ["com.acme.orders", "com.acme.mail"] }] })
    error_message = jsonencode(module.push_sources.settings.pattern)
  }

  assert {
    condition = jsonencode([for prompts in module.push_sources.settings.prompts : [
      prompts.rule, prompts.rule_bus, prompts.pattern, prompts.undelivered, prompts.permission,
      ]]) == jsonencode([[
      "longwire-test-prompt",
      "longwire-test",
      { detail-type = ["longwire.push"], source = ["com.acme.orders", "com.acme.mail"] },
      "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead",
      [module.function["push"].function_name, "live", "arn:aws:events:eu-central-1:123456789012:rule/longwire-test/longwire-test-prompt"],
    ]])
    error_message = jsonencode(module.push_sources.settings.prompts)
  }
}
