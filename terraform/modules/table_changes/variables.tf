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

variable "pattern" {
  description = "Filter pattern of the changes that the function gets (Lambda developer guide, \"Control which events Lambda sends to your function\")."
  type        = any
}

variable "batch" {
  description = "Most records of a batch, and the time in seconds for which records are collected."
  type = object({
    size   = number
    window = number
  })
}

variable "retries" {
  description = "Number of times that a batch is sent again before it goes to the queue."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer managed key for the messages; null for the key that SQS owns."
  type        = string
}
