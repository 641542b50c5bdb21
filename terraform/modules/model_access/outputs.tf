locals {
  actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
}

output "application_model" {
  description = "Id of the model behind an application inference profile; null for any other id."
  value       = try(reverse(split("/", local.application_models[0]))[0], null)
}

output "statements" {
  description = "IAM statements of a role that calls the model."
  value = concat(
    local.through_profile ? [
      {
        sid        = "CallProfile"
        effect     = "Allow"
        actions    = local.actions
        resources  = [local.profile]
        conditions = []
      },
      {
        sid       = "CallModelsThroughProfile"
        effect    = "Allow"
        actions   = local.actions
        resources = local.application ? local.application_models : local.models
        conditions = [{
          test     = "ArnEquals"
          variable = "bedrock:InferenceProfileArn"
          values   = [local.profile]
        }]
      },
      ] : [
      {
        sid        = "CallModel"
        effect     = "Allow"
        actions    = local.actions
        resources  = [local.own_model]
        conditions = []
      },
    ],
    # The SDK uses a Bedrock API key when it finds one in the environment. The role must be the only credential.
    [{
      sid        = "NoBearerToken"
      effect     = "Deny"
      actions    = ["bedrock:CallWithBearerToken"]
      resources  = ["*"]
      conditions = []
    }],
  )
}
