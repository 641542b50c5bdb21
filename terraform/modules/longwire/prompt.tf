# The system prompt: in the environment of the worker, or in a parameter of Systems Manager where it is too long for it.

locals {
  system_prompt = var.system_prompt == "" ? null : var.system_prompt

  # What a user writes into the environment of the worker has half of its 4 KB, and everything else the other half. The prompt
  # gives way. urlencode writes a byte as one character, or as "%" and two digits.
  written        = compact([local.system_prompt, local.model_fields, local.approvals, var.worker.tools_once])
  prompt_is_long = local.system_prompt != null && length(replace(urlencode(jsonencode(local.written)), "/%../", "x")) > 2048

  # With its version, so that each release has its own prompt, also after a rollback.
  prompt_parameter = {
    for parameter in aws_ssm_parameter.system_prompt[*] :
    "SYSTEM_PROMPT_PARAMETER" => "${parameter.name}:${parameter.version}" if local.prompt_is_long
  }
}

# It stays while a deployment has a prompt of its own, also a short one: a rollback to a release with a long prompt needs the
# parameter. Of the versions, AWS keeps the last 100.
resource "aws_ssm_parameter" "system_prompt" {
  #checkov:skip=CKV2_AWS_34:A short prompt is in the environment of the function, which is not secret either

  count = local.system_prompt == null ? 0 : 1

  name        = "/${var.project}/${var.environment}/system-prompt"
  description = "System prompt of ${local.name}, where it is too long for an environment variable."
  type        = "String"
  # Standard up to 4,096 bytes, then Advanced, and Advanced from then on. To make a parameter Standard again, the provider
  # would replace it, and the former releases would lose their versions.
  tier = "Intelligent-Tiering"
  # Not insecure_value: the provider would plan the former version when it changes.
  value = local.prompt_is_long ? local.system_prompt : "The prompt is in the environment variable SYSTEM_PROMPT."

  lifecycle {
    precondition {
      condition     = !local.prompt_is_long || !can(regex("(?s)\\{\\{.*\\}\\}", coalesce(local.system_prompt, "-")))
      error_message = "A system_prompt that is too long for an environment variable must not contain {{ and }}: Parameter Store refuses such a value."
    }
  }
}
