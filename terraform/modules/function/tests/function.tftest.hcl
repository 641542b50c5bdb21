# The bytes of the environment variables. Plans only, without AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name                 = "longwire-test-worker"
  role_name            = "longwire-test-worker"
  role_path            = "/"
  vpc                  = null
  functions_arn        = "arn:aws:lambda:eu-central-1:123456789012:function"
  package              = "../longwire/tests/packages/worker.zip"
  architecture         = "arm64"
  release              = "test"
  memory               = 512
  timeout              = 900
  statements           = []
  tracing              = false
  log_level            = "INFO"
  log_groups_arn       = "arn:aws:logs:eu-central-1:123456789012:log-group"
  log_retention_days   = 30
  kms_key_arn          = null
  permissions_boundary = null
}

# A quotation mark and a line break have two bytes in JSON; an address counts as 128.
run "bytes_are_those_of_json_and_utf8" {
  command = plan

  variables {
    environment = { A = "日本\"\n", B = "x" }
    addresses   = { C = "y" }
  }

  assert {
    condition     = output.environment_bytes == length("{'A':'") + 3 + 3 + 2 + 2 + length("','B':'x','C':'") + 128 + length("'}")
    error_message = output.environment_bytes
  }

  assert {
    condition     = jsonencode(output.environment) == jsonencode({ A = "日本\"\n", B = "x", C = "y" })
    error_message = jsonencode(output.environment)
  }
}

run "four_kilobytes_are_accepted" {
  command = plan

  variables {
    environment = { A = format("%4088s", "x") }
  }

  assert {
    condition     = output.environment_bytes == 4096
    error_message = output.environment_bytes
  }
}

run "a_byte_more_is_refused" {
  command = plan

  variables {
    environment = { A = format("%4089s", "x") }
  }

  expect_failures = [aws_lambda_function.this]
}

run "many_bytes_in_few_characters_are_refused" {
  command = plan

  variables {
    environment = { A = join("", [for _ in range(700) : "日本"]) }
  }

  expect_failures = [aws_lambda_function.this]
}

run "an_address_that_a_plan_does_not_know_is_counted" {
  command = plan

  variables {
    environment = { A = format("%4000s", "x") }
    addresses   = { B = "x" }
  }

  expect_failures = [aws_lambda_function.this]
}

run "an_address_that_is_longer_is_refused_when_it_is_known" {
  command = plan

  variables {
    environment = {}
    addresses   = { A = format("%4089s", "x") }
  }

  expect_failures = [aws_lambda_function.this]
}
