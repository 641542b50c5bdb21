# The most that any function's role may do, whatever its own policy says. Each function's policy is far narrower;
# this is what is left when somebody deploys a wrong one.

data "aws_iam_policy_document" "boundary" {
  statement {
    sid = "Items"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ]
    resources = [local.tables]
  }

  statement {
    sid = "Messages"
    actions = [
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ]
    resources = [local.queues]
  }

  # An inference profile sends a request to other regions' models, so regions are left open here.
  statement {
    sid     = "Models"
    actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = [
      "${local.arn}:bedrock:*::foundation-model/*",
      "${local.arn}:bedrock:*:${var.account.id}:application-inference-profile/*",
      "${local.arn}:bedrock:*:${var.account.id}:inference-profile/*",
    ]
  }

  statement {
    sid       = "Knowledge"
    actions   = ["bedrock:Retrieve"]
    resources = ["${local.arn}:bedrock:${local.here}:knowledge-base/*"]
  }

  statement {
    sid       = "Connections"
    actions   = ["execute-api:ManageConnections"]
    resources = ["${local.arn}:execute-api:${local.here}:*/live/*/@connections/*"]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.logs[0]}:*"]
  }

  # AWS has no resource for traces.
  statement {
    sid       = "Traces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [var.kms_key_arns] : []

    content {
      sid       = "Keys"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      resources = statement.value
    }
  }
}
