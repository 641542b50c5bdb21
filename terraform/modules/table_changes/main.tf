# Changes of a table's items, from its stream to a function.

locals {
  day     = 86400
  sqs_key = var.kms_key_arn == null
}

# Batches of records that failed too often. A message names the shard and the sequence numbers; the stream itself keeps
# the records for 24 hours (DynamoDB, "Change data capture for DynamoDB Streams").
resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead"
  message_retention_seconds = 14 * local.day
  sqs_managed_sse_enabled   = local.sqs_key ? true : null
  kms_master_key_id         = var.kms_key_arn
}

# No queue has it as its dead-letter queue.
resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url            = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({ redrivePermission = "denyAll" })
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn                   = var.stream_arn
  function_name                      = var.function_arn
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = var.batch.size
  maximum_batching_window_in_seconds = var.batch.window
  function_response_types            = ["ReportBatchItemFailures"]

  # A record that fails delays the records after it in its shard, so its attempts are bounded.
  maximum_retry_attempts         = var.retries
  maximum_record_age_in_seconds  = 21600
  bisect_batch_on_function_error = true

  # What the filter leaves out does not invoke the function.
  filter_criteria {
    filter {
      pattern = jsonencode(var.pattern)
    }
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead.arn
    }
  }
}
