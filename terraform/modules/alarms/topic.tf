resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:Alarms contain names and numbers only; CloudWatch cannot publish to a topic that is encrypted with the AWS managed SNS key
  for_each = toset(var.email == null ? [] : ["email"])

  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  for_each = aws_sns_topic.alarms

  topic_arn = each.value.arn
  protocol  = "email"
  endpoint  = var.email
}

locals {
  # Without a recipient the alarms have no actions and only show their state in CloudWatch.
  told = var.topic_arn == null ? [for topic in aws_sns_topic.alarms : topic.arn] : [var.topic_arn]
}
