output "queue" {
  description = "Name, URL and ARN of the queue."
  value = {
    name = aws_sqs_queue.work.name
    url  = aws_sqs_queue.work.url
    arn  = aws_sqs_queue.work.arn
  }
}

output "dead_letters" {
  description = "Name, URL and ARN of the dead-letter queue."
  value = {
    name = aws_sqs_queue.dead.name
    url  = aws_sqs_queue.dead.url
    arn  = aws_sqs_queue.dead.arn
  }
}

output "settings" {
  description = "Delivery settings of messages; times in seconds unless named otherwise."
  value = {
    visibility          = aws_sqs_queue.work.visibility_timeout_seconds
    retention_days      = aws_sqs_queue.work.message_retention_seconds / local.day
    dead_retention_days = aws_sqs_queue.dead.message_retention_seconds / local.day
    max_receives        = var.max_receives
    batch_size          = aws_lambda_event_source_mapping.this.batch_size
    response_types      = aws_lambda_event_source_mapping.this.function_response_types
    concurrency         = one(aws_lambda_event_source_mapping.this.scaling_config).maximum_concurrency
  }
}

output "redrive_permission" {
  description = "Which queues may name the queue as their dead-letter queue."
  value       = jsondecode(aws_sqs_queue_redrive_allow_policy.work.redrive_allow_policy).redrivePermission
}
