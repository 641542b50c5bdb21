# Read permissions for a plan. Resources are limited by name where IAM supports it; wider statements have a reason.

data "aws_iam_policy_document" "read" {
  statement {
    sid = "Functions"
    actions = [
      "lambda:GetAlias",
      "lambda:GetFunction",
      "lambda:GetFunctionCodeSigningConfig",
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionConfiguration",
      "lambda:GetFunctionEventInvokeConfig",
      "lambda:GetFunctionRecursionConfig",
      "lambda:GetPolicy",
      "lambda:GetRuntimeManagementConfig",
      "lambda:ListAliases",
      "lambda:ListTags",
      "lambda:ListVersionsByFunction",
    ]
    resources = [local.functions]
  }

  # AWS chooses the id of an event source mapping, so its name cannot limit it.
  statement {
    sid       = "EventSources"
    actions   = ["lambda:GetEventSourceMapping", "lambda:ListTags"]
    resources = [local.mappings]
  }

  statement {
    sid = "Roles"
    actions = [
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
      "iam:ListRoleTags",
    ]
    resources = local.roles
  }

  statement {
    sid       = "Queues"
    actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
    resources = [local.queues]
  }

  # Descriptions of the tables only, not their items.
  statement {
    sid = "Tables"
    actions = [
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:ListTagsOfResource",
    ]
    resources = [local.tables]
  }

  # The provider reads the parameter with its value, to notice that it is gone. It keeps the value neither in the plan
  # nor in the state, but a job that assumes the role can read it.
  statement {
    sid       = "Token"
    actions   = ["ssm:GetParameter", "ssm:ListTagsForResource"]
    resources = local.tokens
  }

  # Lists the parameters of the account, not their values.
  statement {
    sid       = "FindToken"
    actions   = ["ssm:DescribeParameters"]
    resources = ["${local.arn}:ssm:${local.here}:*"]
  }

  # AWS chooses the ids of user pools, so the tag limits them: the clients of other pools may have secrets.
  statement {
    sid = "UserPools"
    actions = [
      "cognito-idp:DescribeUserPool",
      "cognito-idp:DescribeUserPoolClient",
      "cognito-idp:GetUserPoolMfaConfig",
      "cognito-idp:ListTagsForResource",
    ]
    resources = [local.pools]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/project"
      values   = [var.project]
    }
  }

  # Cognito has no resource type for domains.
  statement {
    sid       = "UserPoolDomains"
    actions   = ["cognito-idp:DescribeUserPoolDomain"]
    resources = ["*"]
  }

  # AWS chooses the ids of APIs.
  statement {
    sid       = "Api"
    actions   = ["apigateway:GET"]
    resources = ["${local.gateway}/apis", "${local.gateway}/apis/*", "${local.gateway}/tags/*"]
  }

  # Lists the log groups of the account, not their contents.
  statement {
    sid       = "FindLogs"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["${local.arn}:logs:${local.here}:log-group:*"]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:DescribeMetricFilters", "logs:ListTagsForResource", "logs:ListTagsLogGroup"]
    resources = concat(local.logs, [for group in local.logs : "${group}:*"])
  }

  # AWS checks this action against all alarms, whatever the request names.
  statement {
    sid       = "FindAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["${local.arn}:cloudwatch:${local.here}:alarm:*"]
  }

  statement {
    sid       = "Alarms"
    actions   = ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"]
    resources = [local.alarms, local.dashboards]
  }

  statement {
    sid       = "Topics"
    actions   = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]
    resources = [local.topics]
  }

  # SNS has no resource type for subscriptions.
  statement {
    sid       = "Subscriptions"
    actions   = ["sns:GetSubscriptionAttributes"]
    resources = ["*"]
  }

  statement {
    sid       = "Budgets"
    actions   = ["budgets:ListTagsForResource", "budgets:ViewBudget"]
    resources = [local.budgets]
  }

  statement {
    sid       = "Events"
    actions   = ["events:DescribeEventBus", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
    resources = [local.buses, local.rules]
  }

  dynamic "statement" {
    for_each = length(local.domains) > 0 ? [local.domains] : []

    content {
      sid       = "Domains"
      actions   = ["apigateway:GET"]
      resources = concat(statement.value, [for domain in statement.value : "${domain}/*"])
    }
  }

  dynamic "statement" {
    for_each = length(local.zones) > 0 ? [local.zones] : []

    content {
      sid       = "Zones"
      actions   = ["route53:GetChange", "route53:GetHostedZone", "route53:ListResourceRecordSets"]
      resources = concat(statement.value, ["${local.arn}:route53:::change/*"])
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [var.kms_key_arns] : []

    content {
      sid       = "Keys"
      actions   = ["kms:DescribeKey"]
      resources = statement.value
    }
  }
}
