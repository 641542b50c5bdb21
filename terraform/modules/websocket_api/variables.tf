variable "name" {
  description = "The API's name, and the end of its log group's."
  type        = string
}

variable "stage" {
  description = "The stage's name, a part of the URL."
  type        = string
}

variable "routes" {
  description = "What answers each route, and whether the answer's body goes back to the client as a frame."
  type = map(object({
    function_name = string
    alias         = string
    invoke_arn    = string
    responds      = optional(bool, false)
  }))
}

variable "throttle" {
  description = "Messages a second, and at once, from all clients together."
  type = object({
    rate  = number
    burst = number
  })
}

variable "domain" {
  description = "A name of one's own, or null."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
}

variable "log_retention_days" {
  description = "How long the access log is kept."
  type        = number
}

variable "kms_key_arn" {
  description = "The key for the access log; null for AWS's own."
  type        = string
}
