variable "name" {
  description = "What the tables' names begin with."
  type        = string
}

variable "tables" {
  description = "The tables by their names: keys are attributes, each of the type S or N."
  type = map(object({
    partition = string
    sort      = optional(string)
    indexes = optional(map(object({
      partition  = string
      sort       = optional(string)
      projection = optional(string, "ALL")
    })), {})
    attributes = map(string)
  }))
}

variable "point_in_time_recovery" {
  description = "Whether they can be set back to any second of the last 35 days."
  type        = bool
}

variable "deletion_protection" {
  description = "Whether they refuse to be deleted."
  type        = bool
}

variable "kms_key_arn" {
  description = "The key they are encrypted with; null for DynamoDB's own."
  type        = string
}
