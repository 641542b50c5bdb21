variable "model_id" {
  description = "Model id, inference profile id, or the ARN of a model, an inference profile or an application inference profile."
  type        = string
}

variable "region" {
  description = "Region in which the model is called."
  type        = string
}

variable "account_id" {
  description = "Account of the inference profile."
  type        = string
}

variable "partition" {
  description = "Partition: aws, aws-us-gov or aws-cn."
  type        = string
}
