variable "tags" {
  description = "Tags of the API, in addition to those of the provider."
  type        = map(string)
}

variable "name" {
  description = "Name of the API, and the end of its log group's name."
  type        = string
}

variable "stage" {
  description = "Name of the stage, a part of the URL."
  type        = string
}

variable "routes" {
  description = "Function behind each route, and whether the body of its response goes to the client as a frame."
  type = map(object({
    function_name = string
    alias         = string
    invoke_arn    = string
    responds      = optional(bool, false)
  }))
}

variable "authorizer" {
  description = "Function that authorizes a client at $connect."
  type = object({
    function_name = string
    alias         = string
    invoke_arn    = string
  })
}

variable "throttle" {
  description = "Requests per second (rate) and burst from all clients together."
  type = object({
    rate  = number
    burst = number
  })
}

variable "domain" {
  description = "Custom domain name, or null."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
}

variable "log_retention_days" {
  description = "Retention of the access log in days."
  type        = number
}

variable "kms_key_arn" {
  description = "Customer managed key for the access log; null for a key that AWS owns."
  type        = string
}
