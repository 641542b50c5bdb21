# Ways of other services to the queue of push, besides the queue itself: a topic and an event bus. What SNS or EventBridge
# cannot deliver to the queue goes to its dead-letter queue.

resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:SNS encrypts its disks; kms_key_arn sets a customer managed key

  name              = var.topic_name
  kms_master_key_id = var.kms_key_arn
}

# Without raw delivery, which discards a message with more than ten attributes. push takes the message out of its envelope.
resource "aws_sns_topic_subscription" "this" {
  topic_arn            = aws_sns_topic.this.arn
  protocol             = "sqs"
  endpoint             = var.queue.arn
  raw_message_delivery = false
  redrive_policy       = jsonencode({ deadLetterTargetArn = var.dead_letters.arn })

  depends_on = [aws_sqs_queue_policy.this]
}

# A bus of its own, so that nobody who puts events on the default bus reaches clients.
resource "aws_cloudwatch_event_bus" "this" {
  name = var.bus_name
}

resource "aws_cloudwatch_event_rule" "this" {
  name           = var.rule_name
  description    = "Sends the events for push to its queue."
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = jsonencode({ detail-type = [local.detail_type] })
}

resource "aws_cloudwatch_event_target" "this" {
  rule           = aws_cloudwatch_event_rule.this.name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  target_id      = "push"
  arn            = var.queue.arn

  dead_letter_config {
    arn = var.dead_letters.arn
  }

  depends_on = [aws_sqs_queue_policy.this]
}

locals {
  detail_type = "longwire.push"
}
