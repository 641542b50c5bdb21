# Permissions boundary of all functions' roles: the maximum, whatever policy a role has. The policy of each function is
# far narrower; the boundary limits the effect of a wrong one. Whoever applies one environment decides what its functions
# do, so the boundary also keeps them from the other environments.

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
    resources = local.arns["*"].tables
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
    resources = local.arns["*"].queues
  }

  statement {
    sid       = "Events"
    actions   = ["events:PutEvents"]
    resources = ["${local.arn}:events:${local.here}:event-bus/${var.project}-*"]
  }

  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameter"]
    resources = local.arns["*"].parameters
  }

  # The policy of the AWS managed key aws/ssm allows what ReadToken needs, but a boundary may also limit what the policy
  # of a resource allows ("Permissions boundaries for IAM entities").
  statement {
    sid       = "ParameterKey"
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
      "${local.arn}:bedrock:${local.here}:custom-model-deployment/*",
      "${local.arn}:bedrock:${local.here}:imported-model/*",
      "${local.arn}:bedrock:${local.here}:provisioned-model/*",
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
    resources = ["${local.arn}:logs:${local.here}:log-group:/aws/lambda/${var.project}-*:*"]
  }

  # X-Ray has no resource types.
  statement {
    sid       = "Traces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }

  # The network interfaces of a function in a VPC. Lambda checks these actions against all resources.
  dynamic "statement" {
    for_each = var.vpc ? ["Network"] : []

    content {
      sid = statement.value
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [var.kms_key_arns] : []

    content {
      sid       = "Keys"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      resources = statement.value
    }
  }

  # Only the functions of an environment reach what is named after it. The names of roles say which these are: an apply
  # role creates roles with the name of its environment only.
  dynamic "statement" {
    for_each = length(var.environments) > 1 ? local.environments : {}

    content {
      sid     = "OnlyOf${title(statement.key)}"
      effect  = "Deny"
      actions = ["*"]
      resources = concat(
        statement.value.tables,
        statement.value.queues,
        statement.value.parameters,
        [
          "${local.arn}:events:${local.here}:event-bus/${var.project}-${statement.key}",
          "${local.arn}:logs:${local.here}:log-group:/aws/lambda/${var.project}-${statement.key}-*:*",
        ],
      )

      condition {
        test     = "ArnNotLike"
        variable = "aws:PrincipalArn"
        values   = statement.value.roles
      }
    }
  }
}
