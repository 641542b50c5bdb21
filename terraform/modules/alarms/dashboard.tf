data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region

  # Two graphs per row, from top to bottom: results for clients, the path of requests and jobs, the functions. With a few tools and
  # one model they have less than 50 metrics: the first three dashboards of an account with up to 50 are free (Amazon CloudWatch
  # pricing, "Free tier").
  graphs = [
    {
      title   = "Runs ended"
      metrics = [for status in ["finished", "cancelled", "failed"] : [var.name, "RunsEnded", "Status", status]]
    },
    {
      title   = "Tool calls"
      metrics = [[{ expression = "SEARCH('{\"${var.name}\",Tool,Outcome} MetricName=\"ToolCalls\"', 'Sum', 300)" }]]
    },
    # Of all callers in the account and the region: Bedrock tells them apart by their model only.
    {
      title = "Tokens at Bedrock"
      metrics = [
        for metric in ["InputTokenCount", "OutputTokenCount", "CacheReadInputTokenCount"] :
        [{ expression = "SEARCH('{\"AWS/Bedrock\",ModelId} MetricName=\"${metric}\"', 'Sum', 300)" }]
      ]
    },
    {
      title = "Throttled and failed calls at Bedrock"
      metrics = [
        for metric in ["InvocationThrottles", "InvocationClientErrors", "InvocationServerErrors"] :
        [{ expression = "SEARCH('{\"AWS/Bedrock\",ModelId} MetricName=\"${metric}\"', 'Sum', 300)" }]
      ]
    },
    {
      title = "Connections and messages"
      metrics = [
        for metric in ["ConnectCount", "MessageCount", "ClientError", "ExecutionError"] :
        ["AWS/ApiGateway", metric, "ApiId", var.api_id, "Stage", var.stage]
      ]
    },
    {
      title   = "Responses with 5xx"
      metrics = [[var.name, "ServerErrors"]]
    },
    {
      title = "Jobs waiting, in progress, in the dead-letter queue"
      stat  = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.queue_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.replay_queue.name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.replay_queue.dead_letter_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.push_queue.name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.push_queue.dead_letter_name],
      ]
    },
    {
      title   = "Age of the oldest job (s), jobs in progress included"
      stat    = "Maximum"
      metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.queue_name]]
    },
    {
      title = "Duration, 99th percentile (ms)"
      stat  = "p99"
      metrics = [
        for key, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function]
        if contains(["authorizer", "connect", "ingest"], key)
      ]
    },
    {
      title = "Concurrent executions, also of the whole account"
      stat  = "Maximum"
      metrics = concat([["AWS/Lambda", "ConcurrentExecutions"]], [
        for key, function in var.functions : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function]
        if contains(["ingest", "worker", "replay", "push"], key)
      ])
    },
    {
      title   = "Failed invocations"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "Errors", "FunctionName", function]]
    },
    {
      title   = "Throttled invocations of the whole account"
      metrics = [["AWS/Lambda", "Throttles"]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = toset(var.dashboard ? ["graphs"] : [])

  dashboard_name = var.global_name
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

# It was created in every deployment at first.
moved {
  from = aws_cloudwatch_dashboard.this
  to   = aws_cloudwatch_dashboard.this["graphs"]
}
