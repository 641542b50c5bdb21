# Permissions to create, change and delete resources. None reads a table item, a message or a log line.

data "aws_iam_policy_document" "write" {
  for_each = local.environments

  statement {
    sid = "Functions"
    actions = [
      "lambda:AddPermission",
      "lambda:CreateAlias",
      "lambda:CreateFunction",
      "lambda:DeleteAlias",
      "lambda:DeleteFunction",
      "lambda:DeleteFunctionConcurrency",
      "lambda:DeleteFunctionEventInvokeConfig",
      "lambda:PublishVersion",
      "lambda:PutFunctionConcurrency",
      "lambda:PutFunctionEventInvokeConfig",
      "lambda:PutFunctionRecursionConfig",
      "lambda:RemovePermission",
      "lambda:TagResource",
      "lambda:UntagResource",
      "lambda:UpdateAlias",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
      "lambda:UpdateFunctionEventInvokeConfig",
    ]
    resources = each.value.functions
  }

  # An event source mapping that does not exist yet has no ARN, so the resource is `*`; the condition limits it.
  statement {
    sid       = "NewEventSource"
    actions   = ["lambda:CreateEventSourceMapping"]
    resources = ["*"]

    condition {
      test     = "ArnLike"
      variable = "lambda:FunctionArn"
      values   = each.value.functions
    }
  }

  statement {
    sid       = "EventSources"
    actions   = ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
    resources = [local.mappings]

    condition {
      test     = "ArnLike"
      variable = "lambda:FunctionArn"
      values   = each.value.functions
    }
  }

  # AWS chooses the id of an event source mapping, and these actions have no condition key.
  statement {
    sid       = "EventSourceTags"
    actions   = ["lambda:TagResource", "lambda:UntagResource"]
    resources = [local.mappings]
  }

  statement {
    sid = "Queues"
    actions = [
      "sqs:CreateQueue",
      "sqs:DeleteQueue",
      "sqs:SetQueueAttributes",
      "sqs:TagQueue",
      "sqs:UntagQueue",
    ]
    resources = each.value.queues
  }

  statement {
    sid = "Tables"
    actions = [
      "dynamodb:CreateTable",
      "dynamodb:DeleteTable",
      "dynamodb:TagResource",
      "dynamodb:UntagResource",
      "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable",
      "dynamodb:UpdateTimeToLive",
    ]
    resources = each.value.tables
  }

  statement {
    sid       = "NewApi"
    actions   = ["apigateway:POST"]
    resources = ["${local.gateway}/apis"]

    condition {
      test     = "StringLike"
      variable = "apigateway:Request/ApiName"
      values   = ["${local.scopes[each.key].name}-*"]
    }
  }

  # AWS chooses the ids of APIs, so this role can also change the other APIs of the account in the region, without those
  # of the next statement. docs/permissions.md warns of it; an account of its own separates them.
  statement {
    sid       = "Api"
    actions   = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"]
    resources = ["${local.gateway}/apis/*", "${local.gateway}/tags/*"]
  }

  dynamic "statement" {
    for_each = length(var.environments) > 1 ? ["OtherApis"] : []

    content {
      sid       = statement.value
      effect    = "Deny"
      actions   = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"]
      resources = ["${local.gateway}/apis/*", "${local.gateway}/tags/*"]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/environment"
        values   = sort(setsubtract(var.environments, [each.key]))
      }
    }
  }

  statement {
    sid = "Logs"
    actions = [
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteMetricFilter",
      "logs:DeleteRetentionPolicy",
      "logs:PutMetricFilter",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
    ]
    resources = each.value.logs
  }

  statement {
    sid = "Alarms"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DeleteDashboards",
      "cloudwatch:PutCompositeAlarm",
      "cloudwatch:PutDashboard",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ]
    resources = each.value.alarms
  }

  statement {
    sid = "Topics"
    actions = [
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:UntagResource",
    ]
    resources = each.value.topics
  }

  # SNS has no resource type for subscriptions.
  statement {
    sid       = "Subscriptions"
    actions   = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
    resources = ["*"]
  }

  statement {
    sid       = "Budgets"
    actions   = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
    resources = each.value.budgets
  }

  statement {
    sid = "Events"
    actions = [
      "events:CreateEventBus",
      "events:DeleteEventBus",
      "events:DeleteRule",
      "events:PutRule",
      "events:PutTargets",
      "events:RemoveTargets",
      "events:TagResource",
      "events:UntagResource",
      "events:UpdateEventBus",
    ]
    resources = each.value.events
  }

  dynamic "statement" {
    for_each = length(each.value.domains) > 0 ? [each.value.domains] : []

    content {
      sid = "Domains"
      actions = [
        "apigateway:AddCertificateToDomain",
        "apigateway:DELETE",
        "apigateway:PATCH",
        "apigateway:POST",
        "apigateway:RemoveCertificateFromDomain",
      ]
      resources = flatten([
        "${local.gateway}/domainnames",
        [for name in statement.value : ["${local.gateway}/domainnames/${name}", "${local.gateway}/domainnames/${name}/*"]],
      ])
    }
  }

  # The first custom domain of an account creates the service-linked role of API Gateway.
  dynamic "statement" {
    for_each = length(each.value.domains) > 0 ? ["FirstDomain"] : []

    content {
      sid       = statement.value
      actions   = ["iam:CreateServiceLinkedRole"]
      resources = ["${local.iam}:role/aws-service-role/ops.apigateway.amazonaws.com/*"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.zones) > 0 ? [each.value.zones] : []

    content {
      sid       = "Zones"
      actions   = ["route53:ChangeResourceRecordSets"]
      resources = statement.value

      # A zone may also have the records of other environments.
      condition {
        test     = "ForAllValues:StringEquals"
        variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
        values   = each.value.domains
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? ["LogKeys"] : []

    content {
      sid       = statement.value
      actions   = ["logs:AssociateKmsKey", "logs:DisassociateKmsKey"]
      resources = each.value.logs
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [var.kms_key_arns] : []

    content {
      sid       = "Keys"
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = statement.value
    }
  }

  # DynamoDB needs a grant on the key of an encrypted table. A grant for somebody else would outlive this role.
  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [var.kms_key_arns] : []

    content {
      sid       = "KeyGrants"
      actions   = ["kms:CreateGrant"]
      resources = statement.value

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }
}
