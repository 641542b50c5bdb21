variable "packages" {
  description = "Folder with the zip files of the functions, as scripts/build writes them."
  type        = string
  default     = "../../../target/lambda"
}

variable "release" {
  description = "Name of the release."
  type        = string
}

variable "permissions_boundaries" {
  description = "ARN of the permissions boundary of the roles in each region: one of scripts/bootstrap is valid in its own region. Its options here are role_path, vpc and kms_key_arns, and for the second region region_in_names."
  type        = object({ eu = string, us = string })
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key in eu-central-1."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in eu-central-1, with a NAT gateway."
  type        = set(string)
}

variable "security_group_ids" {
  description = "Security groups of the worker."
  type        = set(string)
}
