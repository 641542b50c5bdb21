variable "model_id" {
  description = "Model id, id of a system-defined inference profile, or the ARN of a foundation model, a system-defined or application inference profile, a provisioned model, a deployment of a custom model, or an imported model."
  type        = string
}

variable "model_family" {
  description = "Model id, or the beginning of one, that names the family of a model whose id does not; null for others."
  type        = string
  default     = null
}

variable "region" {
  description = "Region in which the model is called."
  type        = string
}

variable "account_id" {
  description = "Account whose models are called."
  type        = string
}

variable "partition" {
  description = "Partition: aws, aws-us-gov or aws-cn."
  type        = string
}
