# Read permissions for a plan. Resources are limited by name where IAM supports it; wider statements have a reason.

data "aws_iam_policy_document" "read" {
  for_each = local.arns

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
    resources = each.value.functions
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
    resources = each.value.roles
  }

  statement {
    sid       = "Queues"
    actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
    resources = each.value.queues
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
    resources = each.value.tables
  }

  # The provider reads a parameter with its value, to notice that it is gone. It keeps the value of the token neither in
  # the plan nor in the state, but a job that assumes the role can read it.
  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameter", "ssm:ListTagsForResource"]
    resources = each.value.parameters
  }

  # Lists the parameters of the account, not their values.
  statement {
    sid       = "FindParameters"
    actions   = ["ssm:DescribeParameters"]
    resources = ["${local.arn}:ssm:${local.here}:*"]
  }

  # AWS chooses the ids of user pools, so the tags limit them: the clients of other pools may have secrets.
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

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = local.scopes[each.key].environments
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
    resources = each.value.logs
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
    resources = each.value.alarms
  }

  statement {
    sid       = "Topics"
    actions   = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]
    resources = each.value.topics
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
    resources = each.value.budgets
  }

  statement {
    sid       = "Events"
    actions   = ["events:DescribeEventBus", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
    resources = each.value.events
  }

  # The models behind an inference profile.
  statement {
    sid     = "Profiles"
    actions = ["bedrock:GetInferenceProfile"]
    resources = [
      "${local.arn}:bedrock:${local.here}:application-inference-profile/*",
      "${local.arn}:bedrock:${local.here}:inference-profile/*",
    ]
  }

  # EC2 cannot limit these actions to resources. Lambda asks for them with the rights of its caller when a function is in
  # a VPC.
  dynamic "statement" {
    for_each = var.vpc ? ["Network"] : []

    content {
      sid       = statement.value
      actions   = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.domains) > 0 ? [each.value.domains] : []

    content {
      sid       = "Domains"
      actions   = ["apigateway:GET"]
      resources = flatten([for name in statement.value : ["${local.gateway}/domainnames/${name}", "${local.gateway}/domainnames/${name}/*"]])
    }
  }

  dynamic "statement" {
    for_each = length(each.value.zones) > 0 ? [each.value.zones] : []

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
