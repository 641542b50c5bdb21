locals {
  day     = 86400
  sqs_key = var.kms_key_arn == null
}

resource "aws_sqs_queue" "dead" {
  name                      = coalesce(var.dead_letter_name, "${var.name}-dead")
  message_retention_seconds = 14 * local.day
  sqs_managed_sse_enabled   = local.sqs_key ? true : null
  kms_master_key_id         = var.kms_key_arn
}

# A standard queue, because the tables define the order of runs (ARCHITECTURE.md).
resource "aws_sqs_queue" "work" {
  name                      = var.name
  message_retention_seconds = 4 * local.day
  sqs_managed_sse_enabled   = local.sqs_key ? true : null
  kms_master_key_id         = var.kms_key_arn

  visibility_timeout_seconds = var.visibility_timeout

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.max_receives
  })
}

# Otherwise every queue of the account could name this one as its dead-letter queue, and so put messages into it.
resource "aws_sqs_queue_redrive_allow_policy" "work" {
  queue_url            = aws_sqs_queue.work.id
  redrive_allow_policy = jsonencode({ redrivePermission = "denyAll" })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.work.arn]
  })
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn        = aws_sqs_queue.work.arn
  function_name           = var.function_arn
  batch_size              = var.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.concurrency
  }
}
