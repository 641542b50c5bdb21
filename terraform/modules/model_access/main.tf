# IAM statements for calling a model, derived from the form of its id.
#
# A call of an inference profile needs permissions for the profile, for the model in the source Region, and for the model in
# every Region to which the profile may send it ("Geographic cross-Region inference" and "Global cross-Region inference" in the
# Bedrock user guide). The data source says which these are today: an EU profile of Tel Aviv includes Tel Aviv, and no rule tells
# that by the name. AWS adds Regions to profiles, and a call that it sends to one without a permission fails. So the permission
# covers the areas of these Regions (eu-* of eu-central-1), and not only the Regions of the day on which it was planned. It is
# no wider in effect: its condition allows the models through this profile only, and the profile decides where a call goes.

locals {
  # Parts of arn:<partition>:bedrock:<region>:<account>:<kind>/<id>; null for a plain id.
  arn = try(regex("^arn:(?P<partition>[a-z-]+):bedrock:(?P<region>[a-z0-9-]*):(?P<account>[0-9]*):(?P<kind>[a-z-]+)/(?P<id>.+)$", var.model_id), null)

  # The id of a model begins with its provider, that of a system-defined profile with a geography.
  id     = local.arn == null ? var.model_id : local.arn.id
  prefix = split(".", local.id)[0]

  kind = (
    local.arn != null ? local.arn.kind :
    startswith(var.model_id, "arn:") ? "other" :
    contains(local.geographies, local.prefix) ? "inference-profile" :
    contains(local.providers, local.prefix) ? "foundation-model" :
    "unknown"
  )

  # Model that a profile with a known geography names.
  named = local.kind == "inference-profile" && contains(local.geographies, local.prefix) ? trimprefix(local.id, "${local.prefix}.") : null

  own_account = "arn:${var.partition}:bedrock:${var.region}:${var.account_id}"
  own_region  = "arn:${var.partition}:bedrock:${var.region}:"

  called = coalesce(
    local.arn == null ? null : var.model_id,
    local.kind == "inference-profile" ? "${local.own_account}:inference-profile/${local.id}" : "${local.own_region}:foundation-model/${local.id}",
  )
}

# Of an ARN with another account or Region, AWS would say only that there is no such profile.
data "aws_bedrock_inference_profile" "this" {
  for_each = toset(contains(local.profiles, local.kind) && local.problem == null ? [var.model_id] : [])

  inference_profile_id = each.value
}

locals {
  through_profile = contains(local.profiles, local.kind)

  listed = flatten([for profile in data.aws_bedrock_inference_profile.this : profile.models[*].model_arn])

  # The source Region, which a global profile needs besides the ARN without a Region.
  source = [for model in local.named[*] : "${local.own_region}:foundation-model/${model}"]
  global = [for model in local.named[*] : "arn:${var.partition}:bedrock:::foundation-model/${model}" if local.prefix == "global"]

  # arn:aws:bedrock:eu-central-1::foundation-model/x becomes arn:aws:bedrock:eu-*::foundation-model/x. A profile of one
  # Region, and a model without a Region, stay what they are.
  several = length(distinct([for arn in local.listed : split(":", arn)[3]])) > 1 || local.named != null
  models = distinct([
    for arn in concat(local.source, local.listed, local.global) :
    local.several ? replace(arn, "/:bedrock:([a-z]+)-[a-z0-9-]+:/", ":bedrock:$${1}-*:") : arn
  ])
}
