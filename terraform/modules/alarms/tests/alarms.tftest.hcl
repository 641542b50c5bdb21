# Metrics and recipients of the alarms.

variables {
  name             = "longwire-test"
  global_name      = "longwire-test"
  functions        = { ingest = "longwire-test-ingest", sweep = "longwire-test-sweep", worker = "longwire-test-worker" }
  schedules        = ["sweep"]
  log_groups       = { sweep = "/aws/lambda/longwire-test-sweep", worker = "/aws/lambda/longwire-test-worker" }
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
      "longwire-test-dead-letters",
      "longwire-test-errors",
      "longwire-test-ingest-slow",
      "longwire-test-jobs-wait",
      "longwire-test-runs-failed",
      "longwire-test-server-errors",
      "longwire-test-sweep-silent",
      "longwire-test-throttles",
      "longwire-test-unerased",
      "longwire-test-unnotified",
      "longwire-test-unpushed",
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

  # Each metric of an alarm is billed, also that of an expression.
  assert {
    condition = alltrue([
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.silent), values(aws_cloudwatch_metric_alarm.waiting),
        [aws_cloudwatch_metric_alarm.slow],
      ) : length(alarm.metric_query) == 0 && alarm.period >= 60
    ])
    error_message = "An alarm has more than one metric, or is billed as one of high resolution."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.slow.extended_statistic == "p90" && aws_cloudwatch_metric_alarm.silent["sweep"].treat_missing_data == "breaching"
    error_message = "ingest-slow needs few requests to be evaluated, and a silent schedule has no data."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.waiting :
      alarm.evaluation_periods == 5 && alarm.datapoints_to_alarm == 5 && alarm.statistic == "Minimum"
    ])
    error_message = "Jobs must wait at each of five minutes in a row."
  }

  # Each function may fail, and none of them may be forgotten.
  assert {
    condition = toset([
      for filter in aws_cloudwatch_log_metric_filter.this : filter.log_group_name
      if filter.metric_transformation[0].name == "Errors"
    ]) == toset(["/aws/lambda/longwire-test-sweep", "/aws/lambda/longwire-test-worker"])
    error_message = "Errors must count the lines of all functions."
  }

  # Each hour with data is billed.
  assert {
    condition = alltrue([
      for key, filter in aws_cloudwatch_log_metric_filter.this :
      filter.metric_transformation[0].default_value == (contains(["RunsFailed-worker", "ServerErrors-api"], key) ? "0" : null)
    ])
    error_message = "A metric has a default value that is billed while nothing happens, or an alarm stays raised for lack of one."
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "A dashboard was created without being requested."
  }

  assert {
    condition     = output.dashboard_url == "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:?search=longwire-test-"
    error_message = "Wrong address of the alarms: ${output.dashboard_url}"
  }
}

run "a_dashboard" {
  command = apply

  variables {
    dashboard = true
  }

  # The namespace has a hyphen, which ends a word of a search expression outside of quotes.
  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this["graphs"].dashboard_body).widgets : [
        for metric in widget.properties.metrics : startswith(try(metric[0].expression, "SEARCH('{\""), "SEARCH('{\"")
      ]
    ]))
    error_message = "A search expression of the dashboard does not quote its namespace."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this["graphs"].dashboard_body).widgets) == 12
    error_message = "The dashboard must have the graphs of local.graphs."
  }

  assert {
    condition     = startswith(output.dashboard_url, "https://eu-central-1.console.aws.amazon.com/") && endswith(output.dashboard_url, "#dashboards/dashboard/longwire-test")
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
        values(aws_cloudwatch_metric_alarm.silent),
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

run "logs_without_the_worker_are_refused" {
  command = plan

  variables {
    log_groups = { sweep = "/aws/lambda/longwire-test-sweep" }
  }

  expect_failures = [var.log_groups]
}
