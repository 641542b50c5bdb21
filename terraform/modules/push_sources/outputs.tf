output "topic" {
  description = "Name and ARN of the topic."
  value = {
    name = aws_sns_topic.this.name
    arn  = aws_sns_topic.this.arn
  }
}

output "bus" {
  description = "Name and ARN of the event bus."
  value = {
    name = aws_cloudwatch_event_bus.this.name
    arn  = aws_cloudwatch_event_bus.this.arn
  }
}

output "policies" {
  description = "Policies of the queue and of its dead-letter queue, as JSON."
  value       = { for key, policy in aws_sqs_queue_policy.this : key => policy.policy }
}

output "settings" {
  description = "Names, pattern and targets of the topic and of the rule."
  value = {
    topic             = aws_sns_topic.this.name
    topic_target      = aws_sns_topic_subscription.this.endpoint
    topic_raw         = aws_sns_topic_subscription.this.raw_message_delivery
    topic_undelivered = jsondecode(aws_sns_topic_subscription.this.redrive_policy).deadLetterTargetArn
    bus               = aws_cloudwatch_event_bus.this.name
    rule              = aws_cloudwatch_event_rule.this.name
    rule_bus          = aws_cloudwatch_event_rule.this.event_bus_name
    pattern           = jsondecode(aws_cloudwatch_event_rule.this.event_pattern)
    rule_target       = aws_cloudwatch_event_target.this.arn
    rule_undelivered  = one(aws_cloudwatch_event_target.this.dead_letter_config).arn
    prompts = [
      for key, target in aws_cloudwatch_event_target.prompt : {
        rule        = target.rule
        rule_bus    = target.event_bus_name
        pattern     = jsondecode(aws_cloudwatch_event_rule.prompt[key].event_pattern)
        target      = target.arn
        undelivered = one(target.dead_letter_config).arn
        permission  = [aws_lambda_permission.prompt[key].function_name, aws_lambda_permission.prompt[key].qualifier, aws_lambda_permission.prompt[key].source_arn]
      }
    ]
  }
}
