variable "name" {
  description = "Prefix of the table names."
  type        = string
}

variable "tables" {
  description = "Tables by name, with keys, indexes and the types (S or N) of their key attributes, and the view type of their stream, if they have one."
  type = map(object({
    partition = string
    sort      = optional(string)
    indexes = optional(map(object({
      partition  = string
      sort       = optional(string)
      projection = optional(string, "ALL")
    })), {})
    attributes = map(string)
    stream     = optional(string)
  }))
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
}

variable "deletion_protection" {
  description = "Whether the tables are protected against deletion."
  type        = bool
}

variable "kms_key_arn" {
  description = "Customer managed key for encryption; null for the key that DynamoDB owns."
  type        = string
}
