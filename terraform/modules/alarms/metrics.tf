# Metrics made from the logs. The filters match the fields `event` and `level` of a line, never its sentence, which may change.
# local/tests/test_metric_filters.py compares the patterns with lines that a worker wrote.

locals {
  metrics = {
    # The worker writes this line after the run's end is stored, so a run that is cancelled at the last moment counts
    # as cancelled only.
    RunsEnded = {
      log_groups = { worker = var.log_groups["worker"] }
      pattern    = "{ $.fields.event = \"run_ended\" }"
      dimensions = { Status = "$.fields.status" }
    }
    # The same line without a dimension: CloudWatch allows a default value of 0 only for such a metric, and that value
    # returns the alarm to OK at once. A conversation that is too long for the model is its client's.
    RunsFailed = {
      log_groups = { worker = var.log_groups["worker"] }
      pattern    = "{ ($.fields.event = \"run_ended\") && ($.fields.status = \"failed\") && ($.fields.code != \"context_too_long\") }"
      dimensions = {}
    }
    ToolCalls = {
      log_groups = { worker = var.log_groups["worker"] }
      pattern    = "{ $.fields.event = \"tool_finished\" }"
      dimensions = { Tool = "$.fields.tool", Outcome = "$.fields.outcome" }
    }
    # Lines at level ERROR, and the reports of invocations that failed: Lambda writes these at level WARN, which is the lowest that
    # the functions have for its own lines, and those of successful invocations at INFO (Lambda, "Log-level filtering"). All
    # functions count into one metric. A failed run has the metric RunsFailed.
    Errors = {
      log_groups = var.log_groups
      pattern    = "{ (($.level = \"ERROR\") && ($.fields.event != \"run_failed\")) || (($.type = \"platform.report\") && ($.record.status != \"success\")) }"
      dimensions = {}
    }
    # API Gateway has no metric for 5xx responses of a WebSocket API: IntegrationError also counts 4xx responses
    # ("Monitor WebSocket APIs with CloudWatch metrics").
    ServerErrors = {
      log_groups = { api = var.access_log_group }
      pattern    = "{ $.status = \"5*\" }"
      dimensions = {}
    }
  }

  # A filter for each log group of a metric.
  filters = merge([
    for metric, source in local.metrics : {
      for key, log_group in source.log_groups : "${metric}-${key}" => {
        metric     = metric
        log_group  = log_group
        pattern    = source.pattern
        dimensions = source.dimensions
      }
    }
  ]...)
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.filters

  name           = "${var.name}-${each.key}"
  log_group_name = each.value.log_group
  pattern        = each.value.pattern

  metric_transformation {
    namespace  = var.name
    name       = each.value.metric
    value      = "1"
    unit       = "Count"
    dimensions = each.value.dimensions
    # CloudWatch refuses a default value for a metric with dimensions. Errors has none either: CloudWatch would write
    # it for each minute in which one of the log groups gets a line, and a custom metric is billed for each hour with data.
    default_value = length(each.value.dimensions) == 0 && each.value.metric != "Errors" ? "0" : null
  }
}
