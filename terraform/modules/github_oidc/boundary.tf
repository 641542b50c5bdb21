# Permissions boundary of all functions' roles: the maximum, whatever policy a role has. The policy of each function is
# far narrower; the boundary limits the effect of a wrong one.

data "aws_iam_policy_document" "boundary" {
  statement {
    sid = "Items"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeStream",
      "dynamodb:GetItem",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
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

  statement {
    sid       = "Events"
    actions   = ["events:PutEvents"]
    resources = [local.buses]
  }

  statement {
    sid       = "Token"
    actions   = ["ssm:GetParameter"]
    resources = local.tokens
  }

  # The policy of the AWS managed key aws/ssm allows what ReadToken needs, but a boundary may also limit what the policy
  # of a resource allows ("Permissions boundaries for IAM entities").
  statement {
    sid       = "TokenKey"
    actions   = ["kms:Decrypt"]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ssm.${var.account.region}.amazonaws.com"]
    }
  }

  # An inference profile sends requests to models in other regions, so the region is a wildcard.
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
    resources = ["${local.arn}:execute-api:${local.here}:*/${var.stage}/*/@connections/*"]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.logs[0]}:*"]
  }

  # X-Ray has no resource types.
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
