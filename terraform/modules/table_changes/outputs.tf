output "failures" {
  description = "Name, URL and ARN of the queue of the batches that failed too often."
  value = {
    name = aws_sqs_queue.dead.name
    url  = aws_sqs_queue.dead.url
    arn  = aws_sqs_queue.dead.arn
  }
}

output "settings" {
  description = "Delivery settings of changes; times in seconds unless named otherwise."
  value = {
    batch_size          = aws_lambda_event_source_mapping.this.batch_size
    batching_window     = aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds
    bisect              = aws_lambda_event_source_mapping.this.bisect_batch_on_function_error
    dead_retention_days = aws_sqs_queue.dead.message_retention_seconds / local.day
    filters             = [for filter in one(aws_lambda_event_source_mapping.this.filter_criteria).filter : jsondecode(filter.pattern)]
    record_age          = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds
    response_types      = aws_lambda_event_source_mapping.this.function_response_types
    retries             = aws_lambda_event_source_mapping.this.maximum_retry_attempts
    starting_position   = aws_lambda_event_source_mapping.this.starting_position
  }
}

output "redrive_permission" {
  description = "Which queues may name the queue of failed batches as their dead-letter queue."
  value       = jsondecode(aws_sqs_queue_redrive_allow_policy.dead.redrive_allow_policy).redrivePermission
}
