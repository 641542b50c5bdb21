# Each variable refuses invalid values.

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

run "environment" {
  command = plan

  variables {
    environment = "Prod"
  }

  expect_failures = [var.environment]
}

run "model_id" {
  command = plan

  variables {
    model_id = "Claude Sonnet"
  }

  expect_failures = [var.model_id]
}

run "model_family" {
  command = plan

  variables {
    model_family = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2"
  }

  expect_failures = [var.model_family]
}

run "knowledge_base_id" {
  command = plan

  variables {
    knowledge_base_id = "my-docs"
  }

  expect_failures = [var.knowledge_base_id]
}

run "system_prompt_of_many_bytes" {
  command = plan

  variables {
    system_prompt = join("", [for _ in range(1000) : "日本語"])
  }

  expect_failures = [var.system_prompt]
}

run "system_prompt" {
  command = plan

  variables {
    system_prompt = format("%8193s", "too long")
  }

  expect_failures = [var.system_prompt]
}

run "system_prompt_that_is_blank" {
  command = plan

  variables {
    system_prompt = " \n"
  }

  expect_failures = [var.system_prompt]
}

run "a_long_system_prompt_that_parameter_store_refuses" {
  command = plan

  variables {
    system_prompt = "{{\n}}${format("%3000s", "long")}"
  }

  expect_failures = [aws_ssm_parameter.system_prompt]
}

run "on_gone" {
  command = plan

  variables {
    on_gone = "grace:901"
  }

  expect_failures = [var.on_gone]
}

run "thread_ttl_hours" {
  command = plan

  variables {
    thread_ttl_hours = 1.5
  }

  expect_failures = [var.thread_ttl_hours]
}

run "worker_concurrency" {
  command = plan

  variables {
    worker_concurrency = 1
  }

  expect_failures = [var.worker_concurrency]
}

run "stage" {
  command = plan

  variables {
    stage = "$default"
  }

  expect_failures = [var.stage]
}

run "alarms" {
  command = plan

  variables {
    alarms = { email = "nobody" }
  }

  expect_failures = [var.alarms]
}

run "domain" {
  command = plan

  variables {
    domain = { name = "a.example.com", certificate_arn = "certificate" }
  }

  expect_failures = [var.domain]
}

run "project" {
  command = plan

  variables {
    project = "long-wire"
  }

  expect_failures = [var.project]
}

run "worker" {
  command = plan

  variables {
    worker = { max_tokens = 32001 }
  }

  expect_failures = [var.worker]
}

run "worker_steps" {
  command = plan

  variables {
    worker = { max_steps = 0 }
  }

  expect_failures = [var.worker]
}

run "worker_min_post_interval" {
  command = plan

  variables {
    worker = { min_post_interval_ms = 1001 }
  }

  expect_failures = [var.worker]
}

run "worker_min_post_interval_in_whole_milliseconds" {
  command = plan

  variables {
    worker = { min_post_interval_ms = 16.5 }
  }

  expect_failures = [var.worker]
}

run "worker_lease" {
  command = plan

  variables {
    worker = { lease_seconds = 2 }
  }

  expect_failures = [var.worker]
}

run "worker_visibility" {
  command = plan

  variables {
    worker = { lease_seconds = 60 }
  }

  expect_failures = [var.worker]
}

run "reserved_concurrency" {
  command = plan

  variables {
    reserved_concurrency = { wroker = 10 }
  }

  expect_failures = [var.reserved_concurrency]
}

run "throttle" {
  command = plan

  variables {
    throttle = { rate = 0 }
  }

  expect_failures = [var.throttle]
}

run "log_retention_days" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "log_level" {
  command = plan

  variables {
    log_level = "LOUD"
  }

  expect_failures = [var.log_level]
}

run "kms_key_arn" {
  command = plan

  variables {
    kms_key_arn = "alias/mine"
  }

  expect_failures = [var.kms_key_arn]
}

run "architecture" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "endpoint_urls" {
  command = plan

  variables {
    endpoint_urls = { S3 = "http://127.0.0.1:1" }
  }

  expect_failures = [var.endpoint_urls]
}

run "messages_per_second" {
  command = plan

  variables {
    messages_per_second = 2.5
  }

  expect_failures = [var.messages_per_second]
}

run "threads_per_connection" {
  command = plan

  variables {
    threads_per_connection = 101
  }

  expect_failures = [var.threads_per_connection]
}

run "user_limits_threads" {
  command = plan

  variables {
    user_limits = { default = { threads = 101 } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_threads_of_a_group" {
  command = plan

  variables {
    user_limits = { groups = { guest = { threads = 0 } } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_in_whole_threads" {
  command = plan

  variables {
    user_limits = { default = { threads = 2.5 } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_prompts" {
  command = plan

  variables {
    user_limits = { default = { prompts_per_day = 0 } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_in_whole_prompts" {
  command = plan

  variables {
    user_limits = { groups = { guest = { prompts_per_day = 1.5 } } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_in_whole_tokens_of_a_day" {
  command = plan

  variables {
    user_limits = { default = { tokens_per_day = 1000.5 } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_tokens_of_a_month" {
  command = plan

  variables {
    user_limits = { groups = { guest = { tokens_per_month = -1 } } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_most_tokens_of_a_month" {
  command = plan

  variables {
    user_limits = { default = { tokens_per_month = 1000000000001 } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_dollars" {
  command = plan

  variables {
    user_limits = { default = { dollars_per_month = 0.0000009 } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_most_dollars" {
  command = plan

  variables {
    user_limits = { groups = { staff = { dollars_per_month = 1000000000001 } } }
  }

  expect_failures = [var.user_limits]
}

run "user_limits_group_without_a_name" {
  command = plan

  variables {
    user_limits = { groups = { "" = { tokens_per_day = 1000 } } }
  }

  expect_failures = [var.user_limits]
}

run "replay_concurrency" {
  command = plan

  variables {
    replay_concurrency = 1
  }

  expect_failures = [var.replay_concurrency]
}

run "sources_of_the_deployment_itself_start_no_runs" {
  command = plan

  variables {
    prompt_sources = ["com.acme.orders", "longwire.runs"]
  }

  expect_failures = [var.prompt_sources]
}

run "push_concurrency" {
  command = plan

  variables {
    push_concurrency = 1
  }

  expect_failures = [var.push_concurrency]
}

run "a_reservation_below_the_concurrency_of_push" {
  command = plan

  variables {
    push_concurrency     = 5
    reserved_concurrency = { push = 4 }
  }

  expect_failures = [var.push_concurrency]
}

# A new account has a quota of 10.
run "the_defaults_fit_into_a_new_account" {
  command = plan

  variables {
    account_concurrency = 10
  }

  assert {
    condition     = local.addition == "push 2 + replay 2 + worker 2 + 4 for all other functions" && local.executions == 10
    error_message = local.addition
  }
}

run "concurrency_that_leaves_nothing_for_clients" {
  command = plan

  variables {
    account_concurrency = 10
    worker_concurrency  = 3
  }

  expect_failures = [var.account_concurrency]
}

run "concurrency_of_a_quota_of_1000" {
  command = plan

  variables {
    account_concurrency  = 1000
    worker_concurrency   = 400
    replay_concurrency   = 50
    push_concurrency     = 46
    reserved_concurrency = { worker = 400, connect = 100, ingest = 400 }
  }

  assert {
    condition     = local.addition == "connect 100 (reserved) + ingest 400 (reserved) + worker 400 (reserved) + push 46 + replay 50 + 4 for all other functions" && local.executions == 1000
    error_message = local.addition
  }
}

run "a_reservation_leaves_less_than_100" {
  command = plan

  variables {
    account_concurrency  = 1000
    reserved_concurrency = { ingest = 901 }
  }

  expect_failures = [var.account_concurrency]
}

run "a_stopped_function_takes_nothing_of_the_quota" {
  command = plan

  variables {
    account_concurrency  = 10
    reserved_concurrency = { connect = 0 }
  }

  assert {
    condition     = local.reserved_executions == 0
    error_message = "A reservation of 0, which stops a function, takes nothing of the quota."
  }
}

run "a_new_account_can_reserve_nothing" {
  command = plan

  variables {
    account_concurrency  = 100
    reserved_concurrency = { connect = 1 }
  }

  expect_failures = [var.account_concurrency]
}

run "an_account_without_concurrency" {
  command = plan

  variables {
    account_concurrency = 0.5
  }

  expect_failures = [var.account_concurrency]
}

run "rooms_without_a_name" {
  command = plan

  variables {
    rooms = { "" = ["staff"] }
  }

  expect_failures = [var.rooms]
}

run "rooms_with_an_illegal_name" {
  command = plan

  variables {
    rooms = { "a/b" = ["staff"] }
  }

  expect_failures = [var.rooms]
}

run "rooms_with_a_star_in_the_middle" {
  command = plan

  variables {
    rooms = { "a*b" = ["staff"] }
  }

  expect_failures = [var.rooms]
}

run "rooms_with_an_empty_group" {
  command = plan

  variables {
    rooms = { ops = [""] }
  }

  expect_failures = [var.rooms]
}

run "rooms_with_a_control_character" {
  command = plan

  variables {
    rooms = { ops = ["a\nb"] }
  }

  expect_failures = [var.rooms]
}

run "rooms_with_a_group_that_is_too_long" {
  command = plan

  variables {
    rooms = { ops = [join("", [for number in range(33) : "ä"])] }
  }

  expect_failures = [var.rooms]
}

run "rooms_with_the_longest_names" {
  command = plan

  variables {
    rooms = {
      "*"                                                         = ["*"]
      (join("", [for number in range(128) : "x"]))                = [join("", [for number in range(32) : "ä"]), "a b+c%20"]
      (join("", concat([for number in range(128) : "x"], ["*"]))) = []
    }
  }
}

run "approvals_that_are_no_map" {
  command = plan

  variables {
    worker = { approvals = ["get_weather"] }
  }

  expect_failures = [var.worker]
}

run "approvals_of_a_tool_without_a_name" {
  command = plan

  variables {
    worker = { approvals = { "" = "always" } }
  }

  expect_failures = [var.worker]
}

run "approvals_of_a_tool_with_an_illegal_name" {
  command = plan

  variables {
    worker = { approvals = { "get weather" = "always" } }
  }

  expect_failures = [var.worker]
}

run "approvals_of_a_tool_with_a_name_that_is_too_long" {
  command = plan

  variables {
    worker = { approvals = { (join("", [for number in range(65) : "a"])) = "always" } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_an_unknown_word" {
  command = plan

  variables {
    worker = { approvals = { get_weather = "sometimes" } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_a_bool" {
  command = plan

  variables {
    worker = { approvals = { get_weather = true } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_null" {
  command = plan

  variables {
    worker = { approvals = { get_weather = null } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_a_list" {
  command = plan

  variables {
    worker = { approvals = { get_weather = [] } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_an_unknown_key" {
  command = plan

  variables {
    worker = { approvals = { get_weather = { when = {} } } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_a_schema_that_is_no_object" {
  command = plan

  variables {
    worker = { approvals = { get_weather = { if = true } } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_an_empty_group" {
  command = plan

  variables {
    worker = { approvals = { get_weather = { group = "" } } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_a_group_that_is_no_text" {
  command = plan

  variables {
    worker = { approvals = { get_weather = { group = 5 } } }
  }

  expect_failures = [var.worker]
}

run "approvals_with_one_bad_value" {
  command = plan

  variables {
    worker = { approvals = { current_time = "always", get_weather = { group = "ops" }, kb_lookup = "ops" } }
  }

  expect_failures = [var.worker]
}

run "approvals_of_every_form" {
  command = plan

  variables {
    worker = {
      approvals = {
        "tool-A_1"   = { if = {}, group = "ops" }
        current_time = "always"
        get_weather  = { if = { properties = { location = { enum = ["Berlin", 7, null] } } } }
        kb_lookup    = { group = "on call" }
        other        = "never"
        whole        = {}
      }
    }
  }

  assert {
    condition = module.function["worker"].environment.APPROVALS == join("", [
      "{\"current_time\":\"always\",",
      "\"get_weather\":{\"if\":{\"properties\":{\"location\":{\"enum\":[\"Berlin\",7,null]}}}},",
      "\"kb_lookup\":{\"group\":\"on call\"},\"other\":\"never\",\"tool-A_1\":{\"group\":\"ops\",\"if\":{}},\"whole\":{}}",
    ])
    error_message = module.function["worker"].environment.APPROVALS
  }
}
