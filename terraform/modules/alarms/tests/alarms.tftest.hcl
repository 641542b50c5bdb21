# What the alarms look at, and who is told.

variables {
  name             = "longwire-test"
  functions        = { connect = "longwire-test-connect", ingest = "longwire-test-ingest", worker = "longwire-test-worker" }
  log_groups       = { worker = "/aws/lambda/longwire-test-worker" }
  access_log_group = "/aws/apigateway/longwire-test"
  queue_name       = "longwire-test-runs"
  dead_letter_name = "longwire-test-runs-dead"
  api_id           = "abc123"
  stage            = "live"
}

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  # The provider checks that what an alarm does has an ARN.
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:longwire-test-alarms" }
  }
}

run "alone" {
  command = apply

  assert {
    condition = output.names == sort([
      "longwire-test-connect-errors", "longwire-test-connect-throttles",
      "longwire-test-dead-letters",
      "longwire-test-ingest-errors", "longwire-test-ingest-slow", "longwire-test-ingest-throttles",
      "longwire-test-jobs-wait",
      "longwire-test-recursion-stopped",
      "longwire-test-runs-failed",
      "longwire-test-server-errors",
      "longwire-test-worker-errors", "longwire-test-worker-throttles",
    ])
    error_message = "These alarms were made: ${join(", ", output.names)}"
  }

  assert {
    condition     = output.topic_arn == null && length(aws_sns_topic.alarms) == 0 && length(aws_budgets_budget.monthly) == 0
    error_message = "Nobody asked for a topic or a budget."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 0])
    error_message = "Nobody is told, but an alarm has an action."
  }

  # An alarm on a metric of ours that no filter makes would never be raised.
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      contains(keys(aws_cloudwatch_log_metric_filter.this), alarm.metric_name) if alarm.namespace == "longwire-test"
    ])
    error_message = "An alarm looks at a metric that no filter makes."
  }

  assert {
    condition = alltrue([
      for filter in aws_cloudwatch_log_metric_filter.this : filter.metric_transformation[0].namespace == "longwire-test"
    ])
    error_message = "A metric would be counted together with another environment's."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["runs-failed"].threshold == 0
    error_message = "Every failed run is told of unless failed_runs says otherwise."
  }

  # Cancelled runs are told apart by their status: only failed ones may raise the alarm.
  assert {
    condition     = strcontains(aws_cloudwatch_log_metric_filter.this["RunsFailed"].pattern, "($.fields.status = \"failed\")")
    error_message = "RunsFailed counts more than failed runs."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 10
    error_message = "The dashboard has other graphs than local.graphs."
  }

  assert {
    condition     = startswith(output.dashboard_url, "https://eu-central-1.console.aws.amazon.com/") && endswith(output.dashboard_url, "/longwire-test")
    error_message = "The dashboard's address is wrong: ${output.dashboard_url}"
  }
}

run "an_address_gets_a_topic" {
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
        [aws_cloudwatch_metric_alarm.slow, aws_cloudwatch_metric_alarm.waiting],
      ) :
      one(alarm.alarm_actions) == output.topic_arn && one(alarm.ok_actions) == output.topic_arn
    ])
    error_message = "An alarm does not tell the topic."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["runs-failed"].threshold == 5
    error_message = "failed_runs is not the alarm's threshold."
  }

  assert {
    condition = jsonencode({
      for notification in aws_budgets_budget.monthly["monthly"].notification :
      notification.notification_type => notification.subscriber_email_addresses
    }) == jsonencode({ ACTUAL = ["people@example.com"], FORECASTED = ["people@example.com"] })
    error_message = "The budget tells somebody else, or of something else."
  }
}

run "a_topic_of_ones_own" {
  command = plan

  variables {
    topic_arn = "arn:aws:sns:eu-central-1:123456789012:pager"
    budget    = { usd_per_month = 20 }
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:123456789012:pager" && length(aws_sns_topic.alarms) == 0
    error_message = "The topic is not the one that was given."
  }

  assert {
    condition = alltrue([
      for notification in aws_budgets_budget.monthly["monthly"].notification :
      one(notification.subscriber_sns_topic_arns) == output.topic_arn
    ])
    error_message = "The budget does not tell the topic."
  }
}

run "either_an_address_or_a_topic" {
  command = plan

  variables {
    email     = "people@example.com"
    topic_arn = "arn:aws:sns:eu-central-1:123456789012:pager"
  }

  expect_failures = [var.topic_arn]
}

run "a_budget_tells_somebody" {
  command = plan

  variables {
    budget = { usd_per_month = 20 }
  }

  expect_failures = [var.budget]
}

run "there_is_an_alarm_for_ingest" {
  command = plan

  variables {
    functions = { worker = "longwire-test-worker" }
  }

  expect_failures = [var.functions]
}
