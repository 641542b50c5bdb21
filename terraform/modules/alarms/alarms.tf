locals {
  # An alarm is raised when the sum over five minutes exceeds the threshold, which is 0 for most alarms.
  alarms = merge(
    {
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
      "replay-dead-letters" = {
        description = "A replay, or the closing of a connection, is in the dead-letter queue. Search the log of replay for its connection, and remove the cause. The client has sent resume again since."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = var.replay_queue.dead_letter_name }
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
      "posts-refused" = {
        description = "API Gateway refused posts of the worker or of replay for good. Their logs have the cause in lines with the event post_refused."
        namespace   = var.name
        metric      = "PostsRefused"
        dimensions  = {}
        threshold   = 0
      }
      "server-errors" = {
        description = "API Gateway returned a 5xx status: a function failed, was throttled or timed out."
        namespace   = var.name
        metric      = "ServerErrors"
        dimensions  = {}
        threshold   = 0
      }
      "recursion-stopped" = {
        description = "Lambda's recursive loop detection dropped jobs of the worker, so runs wait. The recursion configuration of the worker must be Allow."
        namespace   = "AWS/Lambda"
        metric      = "RecursiveInvocationsDropped"
        dimensions  = { FunctionName = var.functions["worker"] }
        threshold   = 0
      }
    },
    # The invocation of a cancelled run succeeds, so these alarms do not count it.
    {
      for key, function in var.functions : "${key}-errors" => {
        description = "An invocation of ${key} failed: a crash, a timeout or a lack of memory. Its log has the cause."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function }
        threshold   = 0
      }
    },
    {
      for key, function in var.functions : "${key}-throttles" => {
        description = "Lambda refused invocations of ${key} for lack of concurrency. Raise the quota \"Concurrent executions\"; it is 10 in a new account."
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

# The stream keeps a record for 24 hours. What erase has not read by then is never erased, and what notify has not read
# becomes no event.
resource "aws_cloudwatch_metric_alarm" "late" {
  for_each = toset(["erase", "notify"])

  alarm_name          = "${var.name}-${each.key}-late"
  alarm_description   = "${each.key} is more than an hour behind the changes of the table. Check its errors and throttles, and whether its event source mapping is enabled."
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  dimensions          = { FunctionName = var.functions[each.key] }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3600000
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  ok_actions          = local.told
}

# The age includes jobs in progress, and a run may take fifteen minutes. It is a sign of a problem only while other
# jobs wait, so the expression ignores it otherwise.
resource "aws_cloudwatch_metric_alarm" "waiting" {
  for_each = {
    jobs = {
      queue       = var.queue_name
      description = "Jobs wait for a worker for more than a minute. Check whether all workers are busy, or whether none starts."
    }
    replays = {
      queue       = var.replay_queue.name
      description = "Replays wait for more than a minute. Check whether many clients are slow, or whether replay does not start."
    }
    pushes = {
      queue       = var.push_queue.name
      description = "Events of other services wait for more than a minute. Check whether a service sends many events, or whether push does not start."
    }
  }

  alarm_name          = "${var.name}-${each.key}-wait"
  alarm_description   = each.value.description
  evaluation_periods  = 5
  datapoints_to_alarm = 5
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
        dimensions  = { QueueName = each.value.queue }
        stat        = "Maximum"
        period      = 60
      }
    }
  }
}
