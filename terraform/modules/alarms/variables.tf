variable "name" {
  description = "Prefix of every resource name, such as longwire-dev. Also the namespace of the metrics that the filters create, so that environments in one account have metrics of their own."
  type        = string
}

variable "global_name" {
  description = "Name of what an account has once in all of its regions: the dashboard, and the beginning of the budget's name."
  type        = string
}

variable "functions" {
  description = "Name of each function in AWS by its key."
  type        = map(string)
}

variable "schedules" {
  description = "Keys of the functions that a schedule invokes every minute."
  type        = list(string)

  validation {
    condition     = alltrue([for key in var.schedules : contains(keys(var.functions), key)])
    error_message = "schedules must be keys of functions."
  }
}

variable "log_groups" {
  description = "Log group of each function by its key; at least worker. The lines must be JSON."
  type        = map(string)

  validation {
    condition     = contains(keys(var.log_groups), "worker")
    error_message = "log_groups must contain worker, whose log is the source of the metrics for runs and tools."
  }
}

variable "access_log_group" {
  description = "Log group of the API's access log. The lines must be JSON with the field status."
  type        = string
}

variable "queue_name" {
  description = "Name of the queue of jobs."
  type        = string
}

variable "dead_letter_name" {
  description = "Name of the dead-letter queue."
  type        = string
}

variable "unerased_name" {
  description = "Name of the queue of the changes of threads that erase failed to handle."
  type        = string
}

variable "unnotified_name" {
  description = "Name of the queue of the ends of runs that notify failed to handle."
  type        = string
}

variable "replay_queue" {
  description = "Names of the queue of replays and of its dead-letter queue."
  type = object({
    name             = string
    dead_letter_name = string
  })
}

variable "push_queue" {
  description = "Names of the queue of events of other services and of its dead-letter queue."
  type = object({
    name             = string
    dead_letter_name = string
  })
}

variable "api_id" {
  description = "Id of the WebSocket API."
  type        = string
}

variable "stage" {
  description = "Name of the API's stage."
  type        = string
}

variable "failed_runs" {
  description = "Number of failed runs within five minutes above which the alarm is raised. Cancelled runs do not count."
  type        = number
  default     = 0
}

variable "dashboard" {
  description = "Whether to create the dashboard. The first three of an account are free, each further one is billed by the month."
  type        = bool
  default     = false
}

variable "email" {
  description = "E-mail address that receives the alarms through an SNS topic created here; AWS asks the address for a confirmation. Null: no topic is created."
  type        = string
  default     = null
}

variable "topic_arn" {
  description = "ARN of an existing SNS topic that receives the alarms. With a budget, its policy must allow budgets.amazonaws.com to publish."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null || var.email == null
    error_message = "Set either email or topic_arn. For both, subscribe the address to the topic."
  }
}

variable "budget" {
  description = "Monthly budget in US dollars for the whole account. Notifies when the costs exceed it, and when they are forecast to."
  type        = object({ usd_per_month = number })
  default     = null

  validation {
    condition     = var.budget == null || var.email != null || var.topic_arn != null
    error_message = "A budget needs a recipient: set email or topic_arn."
  }
}
