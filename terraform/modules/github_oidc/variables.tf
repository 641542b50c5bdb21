variable "project" {
  description = "Prefix of every resource name."
  type        = string
}

variable "environments" {
  description = "Environments, as GitHub and envs/*.tfvars name them. Each has an apply role of its own."
  type        = set(string)
}

variable "subject" {
  description = "Repository in the subject of GitHub's tokens: `repo:owner/name` or, with immutable ids, `repo:owner@1/name@2`."
  type        = string
}

variable "repository_id" {
  description = "Number of the repository on GitHub, which stays the same when it is renamed."
  type        = string
}

variable "branch" {
  description = "Branch that is deployed: only its jobs may plan and apply."
  type        = string
}

variable "stage" {
  description = "Stage of the APIs to whose connections the functions may post."
  type        = string
}

variable "provider_arn" {
  description = "ARN of an existing OIDC provider for GitHub; null creates one."
  type        = string
}

variable "account" {
  description = "Target of the deployment: account id, partition and region."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

variable "state_bucket_arn" {
  description = "ARN of the bucket with the states of the environments and the plans that wait for approval."
  type        = string
}

variable "domain_names" {
  description = "Custom domains of the API, by environment; without any, no permissions on domains."
  type        = map(set(string))
}

variable "hosted_zone_ids" {
  description = "Route 53 hosted zones with the records of the domains, by environment."
  type        = map(set(string))
}

variable "kms_key_arns" {
  description = "Customer managed keys of tables, queues or logs; without any, no permissions on keys."
  type        = list(string)
}

variable "vpc" {
  description = "Whether functions may be in a VPC."
  type        = bool
}

variable "role_path" {
  description = "IAM path of all roles and policies, with `/` at both ends."
  type        = string
}

variable "region_in_names" {
  description = "Whether the names of roles and policies end with the region, as several regions of one account need it."
  type        = bool
}
