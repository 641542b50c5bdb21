# Two deployments of one environment in one account have no name in common that an account has once.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "us"
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = module.longwire_eu.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.longwire_us.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.longwire_eu.module.model_access.data.aws_bedrock_inference_profile.this
  values = { models = [{ model_arn = "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-5-5" }] }
}

override_data {
  target = module.longwire_us.module.model_access.data.aws_bedrock_inference_profile.this
  values = { models = [{ model_arn = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5-5" }] }
}

variables {
  packages = "../../modules/longwire/tests/packages"
  release  = "a"
  permissions_boundaries = {
    eu = "arn:aws:iam::123456789012:policy/assistants/longwire-boundary"
    us = "arn:aws:iam::123456789012:policy/assistants/longwire-boundary-us-east-1"
  }
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  subnet_ids         = ["subnet-1"]
  security_group_ids = ["sg-1"]
}

run "the_roles_differ" {
  command = plan

  assert {
    condition = length(setintersection(
      [for role in values(module.longwire_eu.roles) : role],
      [for role in values(module.longwire_us.roles) : role],
    )) == 0
    error_message = "Both regions would create the same role."
  }

  assert {
    condition     = module.longwire_eu.roles["worker"] == "/assistants/longwire-prod-worker" && module.longwire_us.roles["worker"] == "/assistants/longwire-prod-worker-us-east-1"
    error_message = "Unexpected names of roles."
  }
}

run "each_region_is_its_providers" {
  command = plan

  assert {
    condition     = strcontains(module.longwire_eu.dashboard_url, "region=eu-central-1") && strcontains(module.longwire_us.dashboard_url, "region=us-east-1#")
    error_message = "A deployment must be in the region of the provider that it was given."
  }
}
