variable "name" {
  description = "The function's name, its role's, and the end of its log group's."
  type        = string
}

variable "package" {
  description = "The zip with the bootstrap in it."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
}

variable "release" {
  description = "What is deployed; the description of the version that is published."
  type        = string
}

variable "memory" {
  description = "Memory in MB."
  type        = number
}

variable "timeout" {
  description = "The most an invocation may take, in seconds."
  type        = number
}

variable "reserved_concurrency" {
  description = "Concurrency kept for it; -1 for none."
  type        = number
  default     = -1
}

variable "environment" {
  description = "What its config.rs reads."
  type        = map(string)
}

variable "statements" {
  description = "What it may do, beside writing its own log."
  type = list(object({
    sid       = string
    effect    = optional(string, "Allow")
    actions   = set(string)
    resources = set(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
}

variable "tracing" {
  description = "Whether X-Ray traces it."
  type        = bool
}

variable "log_level" {
  description = "The least level it logs."
  type        = string
}

variable "log_groups_arn" {
  description = "What the ARNs of all log groups of this account and region begin with. Not taken from the log group itself, so that the role's policy is known in a plan."
  type        = string
}

variable "log_retention_days" {
  description = "How long its log is kept."
  type        = number
}

variable "kms_key_arn" {
  description = "The key for its log; null for AWS's own."
  type        = string
}

variable "permissions_boundary" {
  description = "The policy that bounds its role; null for none."
  type        = string
}
