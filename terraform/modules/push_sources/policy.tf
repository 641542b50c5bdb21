# Policies of the queue and of its dead-letter queue. Services of the same account need none: the policy of their own role
# is enough.

locals {
  senders = {
    TopicSends = { service = "sns.amazonaws.com", source = aws_sns_topic.this.arn }
    RuleSends  = { service = "events.amazonaws.com", source = aws_cloudwatch_event_rule.this.arn }
  }

  # The rule for prompts sends only the events that the function did not get.
  prompt_senders = {
    for rule in aws_cloudwatch_event_rule.prompt : "PromptRuleSends" => { service = "events.amazonaws.com", source = rule.arn }
  }

  # Not a data source, which Terraform would read in the apply only: the tests read the policies in a plan.
  policies = {
    for key, queue in { queue = var.queue, dead_letters = var.dead_letters } : key => {
      Version                 = "2012-10-17"
      Statement = [
        for sid, sender in merge(local.senders, key == "dead_letters" ? local.prompt_senders : {}) : {
          Sid       = sid
          Effect    = "Allow"
          Action    = "sqs:SendMessage"
          Resource  = queue.arn
          Principal = { Service = sender.service }
          Condition = { ArnEquals = { "aws:SourceArn" = sender.source } }
        }
      ]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  for_each = { queue = var.queue.url, dead_letters = var.dead_letters.url }

  queue_url = each.value
  policy    = jsonencode(local.policies[each.key])
}
