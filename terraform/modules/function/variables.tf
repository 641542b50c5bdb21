variable "name" {
  description = "Name of the function, and the end of the log group's name."
  type        = string
}

variable "role_name" {
  description = "Name of its role."
  type        = string
}

variable "role_path" {
  description = "Path of its role."
  type        = string
}

variable "package" {
  description = "Path of the zip file that contains the executable bootstrap."
  type        = string
}

variable "architecture" {
  description = "Architecture: arm64 or x86_64."
  type        = string
}

variable "release" {
  description = "Name of the release; the description of the published version."
  type        = string
}

variable "memory" {
  description = "Memory in MB."
  type        = number
}

variable "timeout" {
  description = "Timeout of an invocation in seconds."
  type        = number
}

variable "reserved_concurrency" {
  description = "Reserved concurrency; -1 for none."
  type        = number
  default     = -1
}

variable "environment" {
  description = "Environment variables that a plan knows, as the function reads them at start."
  type        = map(string)
}

variable "addresses" {
  description = "Environment variables whose values only an apply may know, such as the URL of a queue."
  type        = map(string)
  default     = {}
}

variable "statements" {
  description = "IAM statements of the role, in addition to writing its own log."
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

variable "vpc" {
  description = "Subnets and security groups of the function; null for none."
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
}

variable "tracing" {
  description = "Whether the function sends traces to X-Ray."
  type        = bool
}

variable "log_level" {
  description = "Minimum level of its log lines."
  type        = string
}

variable "log_groups_arn" {
  description = "Prefix of the ARNs of all log groups of this account and region. Not derived from the log group resource, so that the policy of the role is known in a plan."
  type        = string
}

variable "functions_arn" {
  description = "Prefix of the ARNs of all functions of this account and region."
  type        = string
}

variable "log_retention_days" {
  description = "Retention of its log in days."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer managed key for its log; null for a key that AWS owns."
  type        = string
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of its role; null for none."
  type        = string
}
