# Scheduled functions. The next invocation makes up for a failed one, so there are no retries and no dead-letter queue.

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.schedules

  name                = "${local.name}-${each.key}"
  description         = "Calls ${each.key}."
  schedule_expression = each.value
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.schedules

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = each.key
  arn       = module.function[each.key].alias_arn

  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = local.schedules

  function_name                = module.function[each.key].function_name
  qualifier                    = module.function[each.key].alias
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}

resource "aws_lambda_permission" "schedule" {
  for_each = local.schedules

  statement_id  = "EventBridge"
  action        = "lambda:InvokeFunction"
  function_name = module.function[each.key].function_name
  qualifier     = module.function[each.key].alias
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.key].arn
}
