variable "topic_name" {
  description = "Name of the topic."
  type        = string
}

variable "bus_name" {
  description = "Name of the event bus."
  type        = string
}

variable "rule_name" {
  description = "Name of the rule of the event bus."
  type        = string
}

variable "queue" {
  description = "URL and ARN of the queue of push."
  type = object({
    url = string
    arn = string
  })
}

variable "dead_letters" {
  description = "URL and ARN of its dead-letter queue."
  type = object({
    url = string
    arn = string
  })
}

variable "prompts" {
  description = "Sources whose events may start runs, with the rule and the function for them. Without sources there is no rule."
  type = object({
    sources       = list(string)
    rule_name     = string
    function_name = string
    alias         = string
    function_arn  = string
  })
}

variable "kms_key_arn" {
  description = "Customer managed key for the messages of the topic; null for the disk encryption of SNS."
  type        = string
}
