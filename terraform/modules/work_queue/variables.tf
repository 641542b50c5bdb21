variable "name" {
  description = "The queue's name. That for dead letters has -dead behind it."
  type        = string
}

variable "worker_arn" {
  description = "The function that works, by the alias it is called by."
  type        = string
}

variable "worker_timeout" {
  description = "The most an invocation of it may take, in seconds."
  type        = number
}

variable "concurrency" {
  description = "How many messages are worked on at once."
  type        = number
}

variable "kms_key_arn" {
  description = "The key the messages are encrypted with; null for SQS's own."
  type        = string
}
