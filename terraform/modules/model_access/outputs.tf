locals {
  actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
}

output "application_model" {
  description = "Id of the model behind an application inference profile; null for any other id."
  value       = local.kind == "application-inference-profile" ? try(reverse(split("/", local.listed[0]))[0], null) : null
}

output "statements" {
  description = "IAM statements of a role that calls the model."
  value = concat(
    local.through_profile ? [
      {
        sid        = "CallProfile"
        effect     = "Allow"
        actions    = local.actions
        resources  = [local.called]
        conditions = []
      },
      {
        sid       = "CallModelsThroughProfile"
        effect    = "Allow"
        actions   = local.actions
        resources = local.models
        conditions = [{
          test     = "ArnEquals"
          variable = "bedrock:InferenceProfileArn"
          values   = [local.called]
        }]
      },
      ] : [
      {
        sid        = "CallModel"
        effect     = "Allow"
        actions    = local.actions
        resources  = [local.called]
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

  precondition {
    condition     = local.problem == null
    error_message = coalesce(local.problem, "-")
  }
}
