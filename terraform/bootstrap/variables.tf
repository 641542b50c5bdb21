variable "account_id" {
  description = "Account to prepare; Terraform refuses credentials of another account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the 12 digits of the account id, as `aws sts get-caller-identity` prints them."
  }
}

variable "region" {
  description = "Region of the deployment, for example us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, such as us-east-1."
  }
}

variable "subject" {
  description = "Repository in the subject of GitHub's tokens; scripts/bootstrap reads it from GitHub."
  type        = string

  # A wildcard would allow jobs of other repositories.
  validation {
    condition     = can(regex("^repo:[A-Za-z0-9_.-]+(@[0-9]+)?/[A-Za-z0-9_.-]+(@[0-9]+)?$", var.subject))
    error_message = "subject must be repo:<owner>/<name> or repo:<owner>@<id>/<name>@<id>, without wildcards."
  }
}

variable "repository_id" {
  description = "Number of the repository on GitHub; scripts/bootstrap reads it from there."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.repository_id))
    error_message = "repository_id must be the digits that `gh api repos/OWNER/NAME --jq .id` prints."
  }
}

variable "project" {
  description = "Prefix of every resource name. Change it in terraform/ as well, before the first deployment."
  type        = string
  default     = "longwire"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,15}$", var.project))
    error_message = "project must be 2 to 16 lower-case letters and digits, beginning with a letter, as in terraform/modules/longwire/variables.tf."
  }
}

variable "environments" {
  description = "Environments that may be deployed, as GitHub and terraform/envs name them."
  type        = set(string)
  default     = ["dev", "prod"]

  validation {
    condition     = alltrue([for name in var.environments : can(regex("^[a-z][a-z0-9]{1,11}$", name)) && !contains(["bootstrap", "ci"], name)])
    error_message = "Each of environments must be 2 to 12 lower-case letters and digits; `ci` is the name of the workflows' own roles, and `bootstrap` that of this module's state."
  }
}

variable "stage" {
  description = "Name of the stage of the APIs. Change it in terraform/envs as well."
  type        = string
  default     = "live"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage))
    error_message = "stage must be 1 to 128 letters, digits, \"_\" and \"-\"."
  }
}

variable "branch" {
  description = "Branch that is deployed."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "branch must be the name of one branch, without wildcards."
  }
}

variable "github_provider_arn" {
  description = "ARN of an existing OIDC provider for GitHub; null creates one. An account can have one only."
  type        = string
  default     = null
}

variable "api_log_role_arn" {
  description = "ARN of an existing log role of API Gateway in this region; null creates one. An account has one per region."
  type        = string
  default     = null
}

variable "domain_names" {
  description = "Custom domains that each environment may have, as in the variable `domain` of the root module: { prod = [\"chat.example.com\"] }."
  type        = map(set(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.domain_names), var.environments)) == 0
    error_message = "The keys of domain_names must be among environments."
  }
}

variable "hosted_zone_ids" {
  description = "Route 53 hosted zones in which each environment may write the records of its domains: { prod = [\"Z0123456789\"] }."
  type        = map(set(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.hosted_zone_ids), var.environments)) == 0
    error_message = "The keys of hosted_zone_ids must be among environments."
  }
}

variable "kms_key_arns" {
  description = "Customer managed keys for the encryption of the deployment."
  type        = list(string)
  default     = []
}

variable "vpc" {
  description = "Whether functions may be in a VPC: the roles and the boundary then allow what that needs."
  type        = bool
  default     = false
}

variable "role_path" {
  description = "IAM path of the roles and policies, such as /acme/. The same as the variable `role_path` of the root module."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/([A-Za-z0-9_.-]+/)*$", var.role_path))
    error_message = "role_path must begin and end with `/`."
  }
}

variable "region_in_names" {
  description = "Whether the names of roles and policies end with the region, as several regions of one account need it. The same as the variable `region_in_names` of the root module."
  type        = bool
  default     = false
}
