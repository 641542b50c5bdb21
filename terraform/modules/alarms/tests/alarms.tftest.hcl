# Metrics and recipients of the alarms.

variables {
  name             = "longwire-test"
  global_name      = "longwire-test"
  functions        = { connect = "longwire-test-connect", erase = "longwire-test-erase", ingest = "longwire-test-ingest", notify = "longwire-test-notify", sweep = "longwire-test-sweep", worker = "longwire-test-worker" }
  schedules        = ["sweep"]
  log_groups       = { replay = "/aws/lambda/longwire-test-replay", worker = "/aws/lambda/longwire-test-worker" }
  access_log_group = "/aws/apigateway/longwire-test"
  queue_name       = "longwire-test-runs"
  dead_letter_name = "longwire-test-runs-dead"
  unerased_name    = "longwire-test-erase-dead"
  unnotified_name  = "longwire-test-notify-dead"
  replay_queue     = { name = "longwire-test-replays", dead_letter_name = "longwire-test-replays-dead" }
  push_queue       = { name = "longwire-test-pushes", dead_letter_name = "longwire-test-push-dead" }
  api_id           = "abc123"
  stage            = "live"
}

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  # The provider checks that an alarm action is an ARN.
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:longwire-test-alarms" }
  }
}

run "without_a_recipient" {
  command = apply

  assert {
    condition = output.names == sort([
      "longwire-test-connect-errors", "longwire-test-connect-throttles",
      "longwire-test-dead-letters",
      "longwire-test-erase-errors", "longwire-test-erase-late", "longwire-test-erase-throttles",
      "longwire-test-ingest-errors", "longwire-test-ingest-slow", "longwire-test-ingest-throttles",
      "longwire-test-jobs-wait",
      "longwire-test-notify-errors", "longwire-test-notify-late", "longwire-test-notify-throttles",
      "longwire-test-recursion-stopped",
      "longwire-test-posts-refused",
      "longwire-test-pushes-wait",
      "longwire-test-replay-dead-letters",
      "longwire-test-replays-wait",
      "longwire-test-runs-failed",
      "longwire-test-server-errors",
      "longwire-test-sweep-errors", "longwire-test-sweep-silent", "longwire-test-sweep-throttles",
      "longwire-test-unerased",
      "longwire-test-unnotified",
      "longwire-test-unpushed",
      "longwire-test-worker-errors", "longwire-test-worker-throttles",
    ])
    error_message = "Unexpected alarms: ${join(", ", output.names)}"
  }

  assert {
    condition     = output.topic_arn == null && length(aws_sns_topic.alarms) == 0 && length(aws_budgets_budget.monthly) == 0
    error_message = "A topic or a budget was created without being requested."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 0])
    error_message = "An alarm has an action although there is no recipient."
  }

  # An alarm on a metric that no filter creates would never be raised.
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      contains(
        [for filter in aws_cloudwatch_log_metric_filter.this : filter.metric_transformation[0].name], alarm.metric_name
      ) if alarm.namespace == "longwire-test"
    ])
    error_message = "An alarm uses a metric that no filter creates."
  }

  assert {
    condition = alltrue([
      for filter in aws_cloudwatch_log_metric_filter.this : filter.metric_transformation[0].namespace == "longwire-test"
    ])
    error_message = "A metric is not in the namespace of its environment."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["runs-failed"].threshold == 0
    error_message = "Without failed_runs, every failed run must raise the alarm."
  }

  # The sentence of a log line may change at any time.
  assert {
    condition = alltrue([
      for filter in aws_cloudwatch_log_metric_filter.this : !strcontains(filter.pattern, "$.fields.message")
    ])
    error_message = "A filter matches the sentence of a log line instead of its event."
  }

  # Cancelled runs write the same line with another status; only failed ones may raise the alarm.
  assert {
    condition     = strcontains(aws_cloudwatch_log_metric_filter.this["RunsFailed-worker"].pattern, "($.fields.status = \"failed\")")
    error_message = "RunsFailed counts more than failed runs."
  }

  # The namespace has a hyphen, which ends a word of a search expression outside of quotes.
  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for metric in widget.properties.metrics : startswith(try(metric[0].expression, "SEARCH('{\""), "SEARCH('{\"")
      ]
    ]))
    error_message = "A search expression of the dashboard does not quote its namespace."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.slow.extended_statistic == "p90" && aws_cloudwatch_metric_alarm.silent["sweep"].treat_missing_data == "breaching"
    error_message = "ingest-slow needs few requests to be evaluated, and a silent schedule has no data."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.waiting : alarm.evaluation_periods == 5 && alarm.datapoints_to_alarm == 5])
    error_message = "Jobs must wait for five minutes in a row."
  }

  # Replay posts the events of ended runs, so a lack of permission may show in its log only.
  assert {
    condition = toset([
      for filter in aws_cloudwatch_log_metric_filter.this : filter.log_group_name
      if filter.metric_transformation[0].name == "PostsRefused"
    ]) == toset(["/aws/lambda/longwire-test-replay", "/aws/lambda/longwire-test-worker"])
    error_message = "PostsRefused must count the lines of the worker and of replay."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 12
    error_message = "The dashboard must have the graphs of local.graphs."
  }

  assert {
    condition     = startswith(output.dashboard_url, "https://eu-central-1.console.aws.amazon.com/") && endswith(output.dashboard_url, "/longwire-test")
    error_message = "Wrong address of the dashboard: ${output.dashboard_url}"
  }
}

run "an_email_address_gets_a_topic" {
  command = apply

  variables {
    email       = "people@example.com"
    failed_runs = 5
    budget      = { usd_per_month = 20 }
  }

  assert {
    condition     = aws_sns_topic_subscription.email["email"].endpoint == "people@example.com"
    error_message = "The address is not subscribed."
  }

  assert {
    condition = alltrue([
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.this),
        [aws_cloudwatch_metric_alarm.slow],
        values(aws_cloudwatch_metric_alarm.silent),
        values(aws_cloudwatch_metric_alarm.late),
        values(aws_cloudwatch_metric_alarm.waiting),
      ) :
      one(alarm.alarm_actions) == output.topic_arn && one(alarm.ok_actions) == output.topic_arn
    ])
    error_message = "An alarm does not notify the topic."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["runs-failed"].threshold == 5
    error_message = "failed_runs is not the threshold of the alarm."
  }

  assert {
    condition = jsonencode({
      for notification in aws_budgets_budget.monthly["monthly"].notification :
      notification.notification_type => notification.subscriber_email_addresses
    }) == jsonencode({ ACTUAL = ["people@example.com"], FORECASTED = ["people@example.com"] })
    error_message = "The budget has other recipients or notifications."
  }
}

run "an_existing_topic" {
  command = plan

  variables {
    topic_arn = "arn:aws:sns:eu-central-1:123456789012:pager"
    budget    = { usd_per_month = 20 }
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:123456789012:pager" && length(aws_sns_topic.alarms) == 0
    error_message = "The topic is not the given one."
  }

  assert {
    condition = alltrue([
      for notification in aws_budgets_budget.monthly["monthly"].notification :
      one(notification.subscriber_sns_topic_arns) == output.topic_arn
    ])
    error_message = "The budget does not notify the topic."
  }
}

run "an_email_address_and_a_topic_are_refused" {
  command = plan

  variables {
    email     = "people@example.com"
    topic_arn = "arn:aws:sns:eu-central-1:123456789012:pager"
  }

  expect_failures = [var.topic_arn]
}

run "a_budget_without_a_recipient_is_refused" {
  command = plan

  variables {
    budget = { usd_per_month = 20 }
  }

  expect_failures = [var.budget]
}

run "functions_without_ingest_are_refused" {
  command = plan

  variables {
    functions = { worker = "longwire-test-worker" }
  }

  expect_failures = [var.functions]
}
