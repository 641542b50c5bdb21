locals {
  # AWSLambdaVPCAccessExecutionRole in the AWS managed policies, without the log.
  network_interfaces = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "LambdaAssumesIt"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.log_groups_arn}:/aws/lambda/${var.name}:*"]
  }

  dynamic "statement" {
    for_each = var.statements

    content {
      sid       = statement.value.sid
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }

  # Lambda creates the network interfaces with the role of the function, and these actions have no resource that is known before
  # ("Giving Lambda functions access to resources in an Amazon VPC").
  dynamic "statement" {
    for_each = var.vpc == null ? [] : ["NetworkInterfaces"]

    content {
      sid       = statement.value
      actions   = local.network_interfaces
      resources = ["*"]
    }
  }

  # The permissions above are for Lambda. Code of the function does not get them.
  dynamic "statement" {
    for_each = var.vpc == null ? [] : ["NoNetworkInterfacesOfItsOwn"]

    content {
      sid       = statement.value
      effect    = "Deny"
      actions   = local.network_interfaces
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = ["${var.functions_arn}:${var.name}"]
      }
    }
  }

  # X-Ray has no resource types (Service Authorization Reference, "AWS X-Ray").
  dynamic "statement" {
    for_each = var.tracing ? ["Trace"] : []

    content {
      sid       = statement.value
      actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.role_name
  path                 = var.role_path
  description          = "Execution role of the function ${var.name}."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}
