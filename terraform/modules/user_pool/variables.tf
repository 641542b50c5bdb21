variable "tags" {
  description = "Tags of the user pool, in addition to those of the provider."
  type        = map(string)
}

variable "name" {
  description = "Name of the user pool and of its client; prefix of the domain of the sign-in page."
  type        = string
}

variable "account_id" {
  description = "Account; part of the domain of the sign-in page."
  type        = string
}

variable "callback_urls" {
  description = "Addresses of the application to which the sign-in page returns. Without any there is no sign-in page: the application signs its users in with Cognito's API (SRP)."
  type        = list(string)
}

variable "deletion_protection" {
  description = "Whether the user pool is protected against deletion."
  type        = bool
}
