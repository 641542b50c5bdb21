# Permissions for model calls, by the form of the model id.

variables {
  region     = "eu-central-1"
  account_id = "123456789012"
  partition  = "aws"
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
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
    model_id = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0"
  }

  assert {
    condition     = jsonencode(output.statements[0].resources) == jsonencode(["arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0"])
    error_message = jsonencode(output.statements)
  }
}

run "a_profile_of_a_geography" {
  command = plan

  variables {
    model_id = "eu.anthropic.claude-sonnet-5-5"
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
}

run "a_global_profiles_arn" {
  command = plan

  variables {
    model_id = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-sonnet-5-5"
  }

  assert {
    condition = jsonencode([for s in output.statements : [s.sid, s.resources]]) == jsonencode([
      ["CallProfile", ["arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-sonnet-5-5"]],
      ["CallModelsThroughProfile", [
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-5-5",
        "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-5-5",
      ]],
      ["NoBearerToken", ["*"]],
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
    target = data.aws_bedrock_inference_profile.application
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
      ["CallModelsThroughProfile", [
        "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0",
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0",
      ]],
      ["NoBearerToken", ["*"]],
    ])
    error_message = jsonencode(output.statements)
  }
}
