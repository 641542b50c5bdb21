locals {
  day = 86400

  # For messages nobody can read, and deployments that do not work: runs count their crashes themselves.
  max_receives = 10

  sqs_key = var.kms_key_arn == null
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead"
  message_retention_seconds = 14 * local.day
  sqs_managed_sse_enabled   = local.sqs_key ? true : null
  kms_master_key_id         = var.kms_key_arn
}

# A standard queue: order lives in the tables (ARCHITECTURE.md).
resource "aws_sqs_queue" "work" {
  name                      = var.name
  message_retention_seconds = 4 * local.day
  sqs_managed_sse_enabled   = local.sqs_key ? true : null
  kms_master_key_id         = var.kms_key_arn

  # Lambda's minimum for an event source. The worker itself shortens it as soon as it has a message.
  visibility_timeout_seconds = var.worker_timeout

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = local.max_receives
  })
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
  function_name           = var.worker_arn
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.concurrency
  }
}
