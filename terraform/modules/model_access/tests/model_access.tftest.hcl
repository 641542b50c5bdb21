# Permissions for model calls, by the form of the model id. Plans only, without AWS; the answers of the data source are those of
# GetInferenceProfile.

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

run "a_model" {
  command = plan

  variables {
    model_id = "amazon.nova-pro-v1:0"
  }

  assert {
    condition     = jsonencode([for s in output.statements : [s.sid, s.effect, s.resources]]) == jsonencode([["CallModel", "Allow", ["arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0"]], ["NoBearerToken", "Deny", ["*"]]])
    error_message = jsonencode(output.statements)
  }

  assert {
    condition     = output.application_model == null
    error_message = jsonencode(output.application_model)
  }

  assert {
    condition     = jsonencode(output.statements[0].actions) == jsonencode(["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"])
    error_message = "Both InvokeModel actions must be allowed."
  }
}

run "a_models_arn" {
  command = plan

  variables {
    # A provider that is newer than the list of providers.
    model_id = "arn:aws:bedrock:eu-central-1::foundation-model/newcomer.first-v1:0"
  }

  assert {
    condition     = jsonencode(output.statements[0].resources) == jsonencode(["arn:aws:bedrock:eu-central-1::foundation-model/newcomer.first-v1:0"])
    error_message = jsonencode(output.statements)
  }
}

run "a_profile_of_a_geography" {
  command = plan

  variables {
    model_id = "eu.anthropic.claude-sonnet-5-5"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-5-5" },
        { model_arn = "arn:aws:bedrock:eu-north-1::foundation-model/anthropic.claude-sonnet-5-5" },
        { model_arn = "arn:aws:bedrock:eu-west-3::foundation-model/anthropic.claude-sonnet-5-5" },
      ]
    }
  }

  assert {
    condition = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([
      ["CallProfile", ["arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-5-5"]],
      ["CallModelsThroughProfile", ["arn:aws:bedrock:eu-*::foundation-model/anthropic.claude-sonnet-5-5"]],
      ["NoBearerToken", ["*"]],
    ])
    error_message = jsonencode(output.statements)
  }

  assert {
    condition     = jsonencode(output.statements[1].conditions) == jsonencode([{ test = "ArnEquals", values = ["arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-5-5"], variable = "bedrock:InferenceProfileArn" }])
    error_message = "The models must be allowed through the profile only."
  }

  assert {
    condition     = output.application_model == null
    error_message = "The id of the profile names the model."
  }
}

# A profile has Regions that its name does not tell: those of its source Region.
run "a_profile_with_regions_beyond_its_geography" {
  command = plan

  variables {
    model_id = "eu.amazon.nova-lite-v1:0"
    region   = "il-central-1"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0" },
        { model_arn = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0" },
        { model_arn = "arn:aws:bedrock:il-central-1::foundation-model/amazon.nova-lite-v1:0" },
      ]
    }
  }

  assert {
    condition = jsonencode(output.statements[1].resources) == jsonencode([
      "arn:aws:bedrock:il-*::foundation-model/amazon.nova-lite-v1:0",
      "arn:aws:bedrock:eu-*::foundation-model/amazon.nova-lite-v1:0",
    ])
    error_message = jsonencode(output.statements)
  }
}

# Also where the profile does not list it: AWS requires the model of the source Region ("Geographic cross-Region inference").
run "the_source_region_is_always_allowed" {
  command = plan

  variables {
    model_id = "us.anthropic.claude-sonnet-5-5"
    region   = "ca-central-1"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5-5" },
        { model_arn = "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-sonnet-5-5" },
      ]
    }
  }

  assert {
    condition = jsonencode(output.statements[1].resources) == jsonencode([
      "arn:aws:bedrock:ca-*::foundation-model/anthropic.claude-sonnet-5-5",
      "arn:aws:bedrock:us-*::foundation-model/anthropic.claude-sonnet-5-5",
    ])
    error_message = jsonencode(output.statements)
  }
}

run "a_profile_of_govcloud" {
  command = plan

  variables {
    model_id  = "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"
    region    = "us-gov-west-1"
    partition = "aws-us-gov"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws-us-gov:bedrock:us-gov-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0" },
        { model_arn = "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0" },
      ]
    }
  }

  assert {
    condition     = jsonencode(output.statements[1].resources) == jsonencode(["arn:aws-us-gov:bedrock:us-*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"])
    error_message = jsonencode(output.statements)
  }
}

run "a_global_profiles_arn" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-sonnet-5-5"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-5-5" },
        { model_arn = "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-5-5" },
      ]
    }
  }

  assert {
    condition = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([
      ["CallProfile", ["arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-sonnet-5-5"]],
      ["CallModelsThroughProfile", [
        "arn:aws:bedrock:eu-*::foundation-model/anthropic.claude-sonnet-5-5",
        "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-5-5",
      ]],
      ["NoBearerToken", ["*"]],
    ])
    error_message = jsonencode(output.statements)
  }
}

# The ARN says that it is a profile, so its geography need not be known.
run "a_profiles_arn_with_a_new_geography" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:sa-east-1:123456789012:inference-profile/sa.anthropic.claude-sonnet-5-5"
    region   = "sa-east-1"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws:bedrock:sa-east-1::foundation-model/anthropic.claude-sonnet-5-5" },
        { model_arn = "arn:aws:bedrock:mx-central-1::foundation-model/anthropic.claude-sonnet-5-5" },
      ]
    }
  }

  assert {
    condition = jsonencode(output.statements[1].resources) == jsonencode([
      "arn:aws:bedrock:sa-*::foundation-model/anthropic.claude-sonnet-5-5",
      "arn:aws:bedrock:mx-*::foundation-model/anthropic.claude-sonnet-5-5",
    ])
    error_message = jsonencode(output.statements)
  }
}

run "an_applications_own_profile" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [
        { model_arn = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0" },
        { model_arn = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0" },
      ]
    }
  }

  assert {
    condition     = output.application_model == "amazon.nova-pro-v1:0"
    error_message = jsonencode(output.application_model)
  }

  assert {
    condition = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([
      ["CallProfile", ["arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3d4e5f6"]],
      ["CallModelsThroughProfile", ["arn:aws:bedrock:eu-*::foundation-model/amazon.nova-pro-v1:0"]],
      ["NoBearerToken", ["*"]],
    ])
    error_message = jsonencode(output.statements)
  }
}

run "an_applications_profile_of_one_region" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
  }

  override_data {
    target = data.aws_bedrock_inference_profile.this
    values = {
      models = [{ model_arn = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0" }]
    }
  }

  assert {
    condition     = jsonencode(output.statements[1].resources) == jsonencode(["arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0"])
    error_message = jsonencode(output.statements)
  }
}

run "provisioned_throughput" {
  command = plan

  variables {
    model_id     = "arn:aws:bedrock:eu-central-1:123456789012:provisioned-model/a1b2c3d4e5f6"
    model_family = "anthropic.claude-haiku-4-5"
  }

  assert {
    condition     = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([["CallModel", ["arn:aws:bedrock:eu-central-1:123456789012:provisioned-model/a1b2c3d4e5f6"]], ["NoBearerToken", ["*"]]])
    error_message = jsonencode(output.statements)
  }
}

run "a_deployment_of_a_custom_model" {
  command = plan

  variables {
    model_id     = "arn:aws:bedrock:eu-central-1:123456789012:custom-model-deployment/a1b2c3d4e5f6"
    model_family = "amazon.nova-lite"
  }

  assert {
    condition     = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([["CallModel", ["arn:aws:bedrock:eu-central-1:123456789012:custom-model-deployment/a1b2c3d4e5f6"]], ["NoBearerToken", ["*"]]])
    error_message = jsonencode(output.statements)
  }
}

run "an_imported_model" {
  command = plan

  variables {
    model_id     = "arn:aws:bedrock:eu-central-1:123456789012:imported-model/a1b2c3d4e5f6"
    model_family = "meta.llama3-3"
  }

  assert {
    condition     = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([["CallModel", ["arn:aws:bedrock:eu-central-1:123456789012:imported-model/a1b2c3d4e5f6"]], ["NoBearerToken", ["*"]]])
    error_message = jsonencode(output.statements)
  }
}

# A model of the documents begins with its provider, or with "<geography>.<provider>".
run "every_provider_of_the_documents_is_known" {
  command = plan

  variables {
    model_id = "amazon.nova-pro-v1:0"
  }

  assert {
    condition     = toset(flatten(regexall("`([a-z0-9]+)\\.[a-z][a-z0-9.:-]*`", split("<!-- end of the table -->", split("<!-- begin of the table: requests -->", file("../../../docs/models.md"))[1])[0]))) == toset([for provider in local.providers : provider if strcontains(file("../../../docs/models.md"), "`${provider}.")])
    error_message = "A provider of docs/models.md is not in the list."
  }
}
