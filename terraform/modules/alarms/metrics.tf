# Metrics made from the logs. The selected fields are those of real lines: local/tests/test_metric_filters.py
# compares the patterns with what the worker's code writes.

locals {
  metrics = {
    # A line is written once the run's end is stored, so a run that was cancelled at the last moment is told as
    # cancelled and counts as nothing else.
    RunsEnded = {
      log_group  = var.log_groups["worker"]
      pattern    = "{ $.fields.message = \"the run ended\" }"
      dimensions = { Status = "$.fields.status" }
    }
    # The same without a dimension: only such a metric can be 0, which ends an alarm at once.
    RunsFailed = {
      log_group  = var.log_groups["worker"]
      pattern    = "{ ($.fields.message = \"the run ended\") && ($.fields.status = \"failed\") }"
      dimensions = {}
    }
    ToolCalls = {
      log_group  = var.log_groups["worker"]
      pattern    = "{ $.fields.message = \"a tool ran\" }"
      dimensions = { Tool = "$.fields.tool", Outcome = "$.fields.outcome" }
    }
    # A WebSocket API has no metric of 5xx alone: IntegrationError counts what a client did wrong, too
    # ("Monitor WebSocket APIs with CloudWatch metrics").
    ServerErrors = {
      log_group  = var.access_log_group
      pattern    = "{ $.status = \"5*\" }"
      dimensions = {}
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.metrics

  name           = "${var.name}-${each.key}"
  log_group_name = each.value.log_group
  pattern        = each.value.pattern

  metric_transformation {
    namespace  = var.name
    name       = each.key
    value      = "1"
    unit       = "Count"
    dimensions = each.value.dimensions
    # CloudWatch refuses a default for a metric with dimensions.
    default_value = length(each.value.dimensions) == 0 ? "0" : null
  }
}
