variable "model_id" {
  description = "A model's id, an inference profile's id, or the ARN of a model, of a profile or of an application's own profile."
  type        = string
}

variable "region" {
  description = "Where the model is called."
  type        = string
}

variable "account_id" {
  description = "Whose profile it is."
  type        = string
}

variable "partition" {
  description = "aws, aws-us-gov or aws-cn."
  type        = string
}
