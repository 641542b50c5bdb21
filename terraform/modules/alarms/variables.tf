variable "name" {
  description = "What every name begins with, such as longwire-dev. It is also the namespace of the metrics made from the logs, so that two environments of an account are counted apart."
  type        = string
}

variable "functions" {
  description = "Each function's name in AWS by its key, with at least ingest and worker."
  type        = map(string)

  validation {
    condition     = alltrue([for key in ["ingest", "worker"] : contains(keys(var.functions), key)])
    error_message = "functions must name ingest and worker: there are alarms for them."
  }
}

variable "log_groups" {
  description = "Each function's log group by the function's key, with at least worker. Its lines must be JSON."
  type        = map(string)

  validation {
    condition     = contains(keys(var.log_groups), "worker")
    error_message = "log_groups must name the worker's: runs and tools are counted in it."
  }
}

variable "access_log_group" {
  description = "The log group of the API's access log. Its lines must be JSON with the field status."
  type        = string
}

variable "queue_name" {
  description = "The queue of jobs."
  type        = string
}

variable "dead_letter_name" {
  description = "The queue that takes what was received too often."
  type        = string
}

variable "api_id" {
  description = "The WebSocket API."
  type        = string
}

variable "stage" {
  description = "The API's stage."
  type        = string
}

variable "failed_runs" {
  description = "How many runs may fail within five minutes before the alarm is raised. Cancelled runs do not count."
  type        = number
  default     = 0
}

variable "email" {
  description = "Where alarms are sent, by a topic that is made for it; AWS asks the address to confirm. Null: no topic is made."
  type        = string
  default     = null
}

variable "topic_arn" {
  description = "A topic of yours that takes the alarms. With a budget its policy must let budgets.amazonaws.com publish."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null || var.email == null
    error_message = "Set either email or topic_arn: subscribe the address to your topic when you want both."
  }
}

variable "budget" {
  description = "A monthly budget in US dollars for the whole account, told of when it is forecast to be passed and when it is."
  type        = object({ usd_per_month = number })
  default     = null

  validation {
    condition     = var.budget == null || var.email != null || var.topic_arn != null
    error_message = "A budget needs somebody to tell: set email or topic_arn, too."
  }
}
