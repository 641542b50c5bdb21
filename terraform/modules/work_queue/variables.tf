variable "name" {
  description = "Name of the queue."
  type        = string
}

variable "dead_letter_name" {
  description = "Name of the dead-letter queue; null for the name of the queue with the suffix -dead."
  type        = string
  default     = null
}

variable "function_arn" {
  description = "ARN of the alias of the function that handles the messages."
  type        = string
}

variable "visibility_timeout" {
  description = "Visibility timeout in seconds. The minimum for an event source is the timeout of its function."
  type        = number
}

variable "batch_size" {
  description = "Maximum number of messages of an invocation."
  type        = number
  default     = 1
}

variable "max_receives" {
  description = "Number of receives after which a message moves to the dead-letter queue. The default bounds the receives of unreadable messages and of messages in a broken deployment; the crashes of a run are counted in its row."
  type        = number
  default     = 10
}

variable "concurrency" {
  description = "Maximum number of concurrent invocations of that function."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer managed key for the messages; null for the key that SQS owns."
  type        = string
}
