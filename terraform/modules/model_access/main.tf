# What a role needs to call a model, by how the model is named. A profile's calls need the profile and the
# model wherever the profile may send them ("Prerequisites for inference profiles" and "Global cross-Region
# inference" in the Bedrock user guide); the condition allows the models through this profile only.

locals {
  # The last part of an ARN is the id; an id is its own last part.
  id  = reverse(split("/", var.model_id))[0]
  arn = startswith(var.model_id, "arn:") ? var.model_id : null

  # An application's own profile has an id that says nothing of its models: AWS is asked.
  application = can(regex(":application-inference-profile/", var.model_id))

  # The regions of a geography. A profile's own list is shorter and changes; these bound it.
  geographies = {
    "us"     = "us-*"
    "us-gov" = "us-gov-*"
    "eu"     = "eu-*"
    "apac"   = "ap-*"
    "jp"     = "ap-northeast-*"
    "au"     = "ap-southeast-*"
    "ca"     = "ca-*"
    "global" = "*"
  }

  # "us.anthropic.claude…" is a profile of the geography "us"; "anthropic.claude…" is a model.
  prefix    = split(".", local.id)[0]
  geography = contains(keys(local.geographies), local.prefix) ? local.prefix : null
  model     = local.geography == null ? local.id : trimprefix(local.id, "${local.prefix}.")

  profile = coalesce(
    local.arn,
    "arn:${var.partition}:bedrock:${var.region}:${var.account_id}:inference-profile/${local.id}",
  )

  own_model = coalesce(local.arn, "arn:${var.partition}:bedrock:${var.region}::foundation-model/${local.id}")

  # A global profile may also send a call to no region in particular.
  models = local.geography == null ? [] : concat(
    ["arn:${var.partition}:bedrock:${local.geographies[local.geography]}::foundation-model/${local.model}"],
    local.geography == "global" ? ["arn:${var.partition}:bedrock:::foundation-model/${local.model}"] : [],
  )

  application_models = flatten([for profile in data.aws_bedrock_inference_profile.application : profile.models[*].model_arn])

  through_profile = local.application || local.geography != null
}

data "aws_bedrock_inference_profile" "application" {
  for_each = toset(local.application ? [var.model_id] : [])

  inference_profile_id = each.value
}
