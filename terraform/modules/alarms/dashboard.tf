data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region

  # From top to bottom: what people get, what their messages pass through, what it runs on. Two in a row.
  graphs = [
    {
      title   = "Runs ended"
      metrics = [for status in ["finished", "cancelled", "failed"] : [var.name, "RunsEnded", "Status", status]]
    },
    {
      title   = "Tool calls"
      metrics = [[{ expression = "SEARCH('{${var.name},Tool,Outcome} MetricName=\"ToolCalls\"', 'Sum', 300)" }]]
    },
    {
      title = "Connections and messages"
      metrics = [
        for metric in ["ConnectCount", "MessageCount", "ClientError", "ExecutionError"] :
        ["AWS/ApiGateway", metric, "ApiId", var.api_id, "Stage", var.stage]
      ]
    },
    {
      title   = "Answered with 5xx"
      metrics = [[var.name, "ServerErrors"]]
    },
    {
      title = "Jobs waiting, in hand, given up"
      stat  = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.queue_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_name],
      ]
    },
    {
      title   = "Age of the oldest job (s), also of those in hand"
      stat    = "Maximum"
      metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.queue_name]]
    },
    {
      title = "Slowest of a hundred (ms)"
      stat  = "p99"
      metrics = [
        for key, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function] if key != "worker"
      ]
    },
    {
      title   = "Functions at work"
      stat    = "Maximum"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function]]
    },
    {
      title   = "Errors"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "Errors", "FunctionName", function]]
    },
    {
      title   = "Throttles"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "Throttles", "FunctionName", function]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for number, graph in local.graphs : {
        type   = "metric"
        x      = number % 2 * 12
        y      = floor(number / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = graph.title
          region  = local.region
          view    = "timeSeries"
          stat    = lookup(graph, "stat", "Sum")
          period  = 300
          metrics = graph.metrics
        }
      }
    ]
  })
}
