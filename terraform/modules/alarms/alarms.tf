# The alarms of a deployment. CloudWatch bills an alarm by the metrics in it, also while nothing happens (Amazon CloudWatch pricing,
# "Alarms"), so there is one for each fault that needs a person, and none for a fault that another one shows, too
# (docs/operations.md, "Faults without an alarm of their own").

locals {
  # An alarm is raised when the sum over five minutes exceeds the threshold, which is 0 for most alarms.
  alarms = {
    "dead-letters" = {
      description = "A job is in the dead-letter queue. Search the worker's log for its runId, remove the cause, and move the job back."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.dead_letter_name }
      threshold   = 0
    }
    "unerased" = {
      description = "Items of a former generation of a thread were not deleted. The log of erase names the thread in lines with the event erase_failed; remove the cause, and invoke erase again within 24 hours."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.unerased_name }
      threshold   = 0
    }
    "unnotified" = {
      description = "Runs ended without the events that their clients asked for. The log of notify has the cause in lines with the event notify_failed; remove it, and put the events within 24 hours."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.unnotified_name }
      threshold   = 0
    }
    "unpushed" = {
      description = "An event of another service did not reach all of its connections. Search the log of push for push_refused, push_failed and push_post_refused, remove the cause, and send the event again."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.push_queue.dead_letter_name }
      threshold   = 0
    }
    "runs-failed" = {
      description = "Runs failed. The worker's log has the cause in lines with the event run_failed."
      namespace   = var.name
      metric      = "RunsFailed"
      dimensions  = {}
      threshold   = var.failed_runs
    }
    # The invocation of a cancelled run succeeds, and its lines are not errors.
    "errors" = {
      description = "A function logged an error, or an invocation crashed, timed out or lacked memory. CloudWatch Logs Insights names the function and the event, over the log groups /aws/lambda/${var.name}-*: filter level = 'ERROR' or (type = 'platform.report' and record.status != 'success') | stats count() by @log, fields.event, record.status"
      namespace   = var.name
      metric      = "Errors"
      dimensions  = {}
      threshold   = 0
    }
    "server-errors" = {
      description = "API Gateway returned a 5xx status: a function failed, was throttled or timed out. The access log has the route, and the log of the function behind it has the cause."
      namespace   = var.name
      metric      = "ServerErrors"
      dimensions  = {}
      threshold   = 0
    }
    # The concurrency is that of the account in its region, so the metric without a dimension shows when it is used up.
    "throttles" = {
      description = "Lambda refused invocations in this account and region for lack of concurrency. The metric Throttles by FunctionName tells of which function, perhaps one of another application. Raise the quota \"Concurrent executions\"; it is 10 in a new account."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = {}
      threshold   = 0
    }
  }
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
  alarm_description   = "The 90th percentile of the duration of ingest exceeds one second. Check whether DynamoDB or SQS throttles requests."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = var.functions["ingest"] }
  extended_statistic  = "p90"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1000
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  ok_actions          = local.told

  # With few requests a percentile is the slowest one, and a single cold start would raise the alarm. CloudWatch takes 10/(1 - p)
  # samples for enough: 100 of the 90th percentile, and 1,000 of the 99th ("Percentile-based alarms and low data samples").
  evaluate_low_sample_count_percentiles = "ignore"
}

# A function that a schedule invokes has no errors while nothing invokes it: its rule may be disabled, or refused by a permission.
resource "aws_cloudwatch_metric_alarm" "silent" {
  for_each = toset(var.schedules)

  alarm_name          = "${var.name}-${each.key}-silent"
  alarm_description   = "Nothing has invoked ${each.key} for ten minutes, although its schedule should every minute. Check whether its rule is enabled and may invoke it."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = var.functions[each.key] }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  # Without invocations there are no data.
  treat_missing_data = "breaching"
  alarm_actions      = local.told
  ok_actions         = local.told
}

# SQS publishes how many messages wait once a minute. A free worker takes a job within milliseconds, so the queue is empty at nearly
# every one of these moments. The age of the oldest message would include jobs in progress, and a run may take fifteen minutes.
resource "aws_cloudwatch_metric_alarm" "waiting" {
  for_each = { jobs = var.queue_name }

  alarm_name          = "${var.name}-${each.key}-wait"
  alarm_description   = "Jobs have waited for a worker at each of the last five minutes. Check whether all workers are busy, or whether none starts: then the worker's log has the cause."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  ok_actions          = local.told
}
