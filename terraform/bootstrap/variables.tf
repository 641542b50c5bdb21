variable "account_id" {
  description = "The account to prepare; with other credentials nothing happens."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the account's 12 digits, as `aws sts get-caller-identity` prints them."
  }
}

variable "region" {
  description = "The region that everything is deployed to, for instance us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, such as us-east-1."
  }
}

variable "subject" {
  description = "How GitHub's tokens name the repository; scripts/bootstrap asks GitHub for it."
  type        = string

  # A wildcard here would let a stranger's repository in.
  validation {
    condition     = can(regex("^repo:[A-Za-z0-9_.-]+(@[0-9]+)?/[A-Za-z0-9_.-]+(@[0-9]+)?$", var.subject))
    error_message = "subject must be repo:<owner>/<name> or repo:<owner>@<id>/<name>@<id>, without wildcards."
  }
}

variable "project" {
  description = "What every deployed name begins with. Change it in terraform/ too, and before the first deployment."
  type        = string
  default     = "longwire"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,15}$", var.project))
    error_message = "project must be 2 to 16 lower-case letters and digits, beginning with a letter, as in terraform/variables.tf."
  }
}

variable "environments" {
  description = "The environments that may be deployed, as GitHub and terraform/envs name them."
  type        = set(string)
  default     = ["dev", "prod"]

  validation {
    condition     = alltrue([for name in var.environments : can(regex("^[a-z][a-z0-9]{1,11}$", name)) && name != "ci"])
    error_message = "Each of environments must be 2 to 12 lower-case letters and digits; `ci` is the name of the workflows' own roles."
  }
}

variable "branch" {
  description = "The branch that is deployed."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "branch must be one branch's name, without wildcards."
  }
}

variable "github_provider_arn" {
  description = "The account's OIDC provider for GitHub where something else has made it; null makes it. An account holds one."
  type        = string
  default     = null
}

variable "api_log_role_arn" {
  description = "API Gateway's log role where something else has set it for this region; null sets one. An account holds one a region."
  type        = string
  default     = null
}

variable "domain_names" {
  description = "Custom domains that the apply role may set up, as the root's `domain` names them."
  type        = set(string)
  default     = []
}

variable "hosted_zone_ids" {
  description = "The Route 53 zones whose records it may write for them."
  type        = set(string)
  default     = []
}

variable "kms_key_arns" {
  description = "Customer managed keys that the deployment is encrypted with."
  type        = list(string)
  default     = []
}
