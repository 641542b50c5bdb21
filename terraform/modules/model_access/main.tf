# IAM statements for calling a model, derived from the form of its id. A call of an inference profile needs permissions
# for the profile and for the model in every region to which the profile may send it ("Prerequisites for inference
# profiles" and "Global cross-Region inference" in the Bedrock user guide). The condition allows these models through
# this profile only.

locals {
  # The id is the last part of an ARN; a plain id has one part only.
  id  = reverse(split("/", var.model_id))[0]
  arn = startswith(var.model_id, "arn:") ? var.model_id : null

  # The id of an application inference profile does not name its models, so a data source reads them.
  application = can(regex(":application-inference-profile/", var.model_id))

  # Region patterns by geography. The regions of a profile change over time and stay within its pattern.
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

  # "us.anthropic.claude…" is an inference profile of the geography "us"; "anthropic.claude…" is a model.
  prefix    = split(".", local.id)[0]
  geography = contains(keys(local.geographies), local.prefix) ? local.prefix : null
  model     = local.geography == null ? local.id : trimprefix(local.id, "${local.prefix}.")

  profile = coalesce(
    local.arn,
    "arn:${var.partition}:bedrock:${var.region}:${var.account_id}:inference-profile/${local.id}",
  )

  own_model = coalesce(local.arn, "arn:${var.partition}:bedrock:${var.region}::foundation-model/${local.id}")

  # A global profile also uses the ARN of the model without a region.
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
