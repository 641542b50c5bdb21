variable "name" {
  description = "Name of the queue; the dead-letter queue has the suffix -dead."
  type        = string
}

variable "worker_arn" {
  description = "ARN of the worker's alias."
  type        = string
}

variable "worker_timeout" {
  description = "Timeout of the worker in seconds."
  type        = number
}

variable "concurrency" {
  description = "Maximum number of concurrent invocations of the worker."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer managed key for the messages; null for the key that SQS owns."
  type        = string
}
