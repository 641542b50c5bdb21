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
  event_pattern  = jsonencode(local.patterns.push)
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

# The events of sources that may start runs invoke the function itself. A message of the queue must not start one: who may
# send to the queue could write there that it came from such a source.
resource "aws_cloudwatch_event_rule" "prompt" {
  count = local.prompts ? 1 : 0

  name           = var.prompts.rule_name
  description    = "Invokes push for the events of sources that may start runs."
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = jsonencode(local.patterns.prompt)
}

resource "aws_cloudwatch_event_target" "prompt" {
  count = local.prompts ? 1 : 0

  rule           = aws_cloudwatch_event_rule.prompt[0].name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  target_id      = "push"
  arn            = var.prompts.function_arn

  dead_letter_config {
    arn = var.dead_letters.arn
  }

  depends_on = [aws_lambda_permission.prompt, aws_sqs_queue_policy.this]
}

resource "aws_lambda_permission" "prompt" {
  count = local.prompts ? 1 : 0

  statement_id  = "EventBridge-prompt"
  action        = "lambda:InvokeFunction"
  function_name = var.prompts.function_name
  qualifier     = var.prompts.alias
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.prompt[0].arn
}

locals {
  prompts = length(var.prompts.sources) > 0

  # An event matches one of the two.
  patterns = {
    push = merge(
      { detail-type = ["longwire.push"] },
      local.prompts ? { source = [{ anything-but = var.prompts.sources }] } : {},
    )
    prompt = { detail-type = ["longwire.push"], source = var.prompts.sources }
  }
}
