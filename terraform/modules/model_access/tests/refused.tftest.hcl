# Model ids that a plan refuses. Plans only, without AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  region     = "eu-central-1"
  account_id = "123456789012"
  partition  = "aws"
}

run "an_unknown_geography" {
  command = plan

  variables {
    model_id = "sa.anthropic.claude-sonnet-5-5"
  }

  assert {
    condition     = strcontains(local.problem, "begins with \"sa\", which is neither a geography")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "an_unknown_provider" {
  command = plan

  variables {
    model_id = "newcomer.first-v1:0"
  }

  assert {
    condition     = strcontains(local.problem, "begins with \"newcomer\", which is neither a geography")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "an_id_without_a_provider" {
  command = plan

  variables {
    model_id = "a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "nor a provider of models")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_custom_model" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "cannot be called by itself")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_prompt" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:prompt/A1B2C3D4E5:1"
  }

  assert {
    condition     = strcontains(local.problem, "Name the model, and put the text into system_prompt")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_prompt_router" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:default-prompt-router/anthropic.claude:1"
  }

  assert {
    condition     = strcontains(local.problem, "Name one of its models")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_guardrail" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:guardrail/a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "is no model: its ARN must be one of")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "an_endpoint_of_sagemaker" {
  command = plan

  variables {
    model_id = "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/example"
  }

  assert {
    condition     = strcontains(local.problem, "is no model: its ARN must be one of")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_models_arn_of_another_region" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
  }

  assert {
    condition     = strcontains(local.problem, "must begin with arn:aws:bedrock:eu-central-1::foundation-model/")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_profile_of_another_region" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5-5"
  }

  assert {
    condition     = strcontains(local.problem, "must begin with arn:aws:bedrock:eu-central-1:123456789012:inference-profile/")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_profile_of_another_account" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:210987654321:application-inference-profile/a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "must begin with arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_profile_without_an_account" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1::inference-profile/eu.anthropic.claude-sonnet-5-5"
  }

  assert {
    condition     = strcontains(local.problem, "must begin with arn:aws:bedrock:eu-central-1:123456789012:inference-profile/")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_provisioned_model_of_another_region" {
  command = plan

  variables {
    model_id     = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2c3d4e5f6"
    model_family = "anthropic.claude-haiku-4-5"
  }

  assert {
    condition     = strcontains(local.problem, "belongs to another account or Region")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_deployment_of_another_account" {
  command = plan

  variables {
    model_id     = "arn:aws:bedrock:eu-central-1:210987654321:custom-model-deployment/a1b2c3d4e5f6"
    model_family = "amazon.nova-lite"
  }

  assert {
    condition     = strcontains(local.problem, "belongs to another account or Region")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "an_imported_model_of_another_partition" {
  command = plan

  variables {
    model_id     = "arn:aws-us-gov:bedrock:eu-central-1:123456789012:imported-model/a1b2c3d4e5f6"
    model_family = "meta.llama3-3"
  }

  assert {
    condition     = strcontains(local.problem, "belongs to another account or Region")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_provisioned_model_without_a_family" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:provisioned-model/a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "set model_family")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "a_deployment_without_a_family" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:custom-model-deployment/a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "set model_family")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}

run "an_imported_model_without_a_family" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:imported-model/a1b2c3d4e5f6"
  }

  assert {
    condition     = strcontains(local.problem, "set model_family")
    error_message = local.problem
  }

  expect_failures = [output.statements]
}
