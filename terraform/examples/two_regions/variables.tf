variable "packages" {
  description = "Folder with the zip files of the functions, as scripts/build writes them."
  type        = string
  default     = "../../../target/lambda"
}

variable "release" {
  description = "Name of the release."
  type        = string
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all roles."
  type        = string
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
