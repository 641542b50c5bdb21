variable "name" {
  description = "Name of the queue; the dead-letter queue has the suffix -dead."
  type        = string
}

variable "function_arn" {
  description = "ARN of the alias of the function that handles the messages."
  type        = string
}

variable "function_timeout" {
  description = "Timeout of that function in seconds."
  type        = number
}

variable "concurrency" {
  description = "Maximum number of concurrent invocations of that function."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer managed key for the messages; null for the key that SQS owns."
  type        = string
}
