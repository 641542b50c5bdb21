variable "project" {
  description = "What every deployed name begins with."
  type        = string
}

variable "environments" {
  description = "The environments the apply role may deploy, as GitHub and envs/*.tfvars name them."
  type        = set(string)
}

variable "subject" {
  description = "How GitHub's tokens name the repository: `repo:owner/name` or, with immutable ids, `repo:owner@1/name@2`."
  type        = string
}

variable "branch" {
  description = "The branch whose workflows may plan without an environment."
  type        = string
}

variable "provider_arn" {
  description = "The account's OIDC provider for GitHub where it has one already; null makes it."
  type        = string
}

variable "account" {
  description = "Where things are deployed: the account's id, its partition and the region."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

variable "state_bucket_arn" {
  description = "The bucket that holds each environment's state and the plans that wait for approval."
  type        = string
}

variable "domain_names" {
  description = "Custom domains of the API; none gives no right on domains."
  type        = set(string)
}

variable "hosted_zone_ids" {
  description = "The Route 53 zones that hold the domains' records."
  type        = set(string)
}

variable "kms_key_arns" {
  description = "Customer managed keys that tables, queue or logs are encrypted with; their use is allowed when there are any."
  type        = list(string)
}
