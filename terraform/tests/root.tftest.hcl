# The root module: the provider's region, and variables that it passes on. The tests of the product are in modules/longwire.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = module.longwire.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  environment = "test"
  region      = "eu-central-1"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "modules/longwire/tests/packages"
  auth_token  = "a-token-that-only-these-tests-know"
}

run "region" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "objects" {
  command = plan

  variables {
    auth = { mode = "none" }
  }

  assert {
    condition     = output.auth_mode == "none"
    error_message = "The root must pass objects on."
  }
}

run "defaults" {
  command = plan

  assert {
    condition     = output.auth_mode == "token"
    error_message = "A variable that is not set must have the default of the product."
  }
}
