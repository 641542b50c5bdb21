variable "name" {
  description = "Prefix of the queue's name, which has the suffix -dead."
  type        = string
}

variable "stream_arn" {
  description = "ARN of the stream of the table."
  type        = string
}

variable "function_arn" {
  description = "ARN of the alias of the function."
  type        = string
}

variable "item" {
  description = "Sort key of the items whose changes the function gets."
  type        = string
}

variable "kms_key_arn" {
  description = "Customer managed key for the messages; null for the key that SQS owns."
  type        = string
}
