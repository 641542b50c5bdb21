locals {
  # An alarm is raised by more than its threshold within five minutes, which for most is anything at all.
  alarms = merge(
    {
      "dead-letters" = {
        description = "A job was given up. Find its runId in the worker's log, cure the cause, move the job back."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = var.dead_letter_name }
        threshold   = 0
      }
      "runs-failed" = {
        description = "Runs failed. The worker's log says why: look for \"the run failed\"."
        namespace   = var.name
        metric      = "RunsFailed"
        dimensions  = {}
        threshold   = var.failed_runs
      }
      "server-errors" = {
        description = "API Gateway answered clients with a 5xx: a function failed, was throttled or took too long."
        namespace   = var.name
        metric      = "ServerErrors"
        dimensions  = {}
        threshold   = 0
      }
      "recursion-stopped" = {
        description = "Lambda took the worker's own messages for a loop and dropped them: runs wait. Is recursion allowed for the worker?"
        namespace   = "AWS/Lambda"
        metric      = "RecursiveInvocationsDropped"
        dimensions  = { FunctionName = var.functions["worker"] }
        threshold   = 0
      }
    },
    # A cancelled run is a successful invocation: none of these counts it.
    {
      for key, function in var.functions : "${key}-errors" => {
        description = "${key} crashed, ran out of memory or took too long; its log says which."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function }
        threshold   = 0
      }
    },
    {
      for key, function in var.functions : "${key}-throttles" => {
        description = "${key} was refused for want of concurrency. A new account has 10: raise Lambda's quota \"Concurrent executions\"."
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = { FunctionName = function }
        threshold   = 0
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  ok_actions          = local.told
}

resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name          = "${var.name}-ingest-slow"
  alarm_description   = "One of a hundred messages waits more than a second for its answer. Does DynamoDB or SQS throttle?"
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = var.functions["ingest"] }
  extended_statistic  = "p99"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1000
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  ok_actions          = local.told

  # The p99 of five messages is the slowest of them: one cold start is nobody's alarm.
  evaluate_low_sample_count_percentiles = "ignore"
}

# The age also counts a job that a worker has in hand, and a run may well take fifteen minutes. So it only means
# something while other jobs wait, and go on waiting.
resource "aws_cloudwatch_metric_alarm" "waiting" {
  alarm_name          = "${var.name}-jobs-wait"
  alarm_description   = "Jobs wait for a worker for more than a minute. Are all workers busy, or does none start?"
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  ok_actions          = local.told

  metric_query {
    id          = "waits"
    label       = "age while jobs wait (s)"
    expression  = "IF(visible > 0, age, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      age     = "ApproximateAgeOfOldestMessage"
      visible = "ApproximateNumberOfMessagesVisible"
    }
    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/SQS"
        metric_name = metric_query.value
        dimensions  = { QueueName = var.queue_name }
        stat        = "Maximum"
        period      = 60
      }
    }
  }
}
