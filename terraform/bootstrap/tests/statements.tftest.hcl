# Every statement of the roles of GitHub's jobs, whole: docs/permissions.md gives the reasons. roles.tftest.hcl shows that the
# other apply roles have the same statements, and what holds for all of them.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  project       = "longwire"
  environments  = ["dev", "prod"]
  subject       = "repo:acme@11/longwire@22"
  repository_id = "22"
  branch        = "main"
  stage         = "live"
  provider_arn  = null
  account = {
    id        = "123456789012"
    partition = "aws"
    region    = "eu-central-1"
  }
  state_bucket_arn = "arn:aws:s3:::longwire-state-123456789012-eu-central-1"
  domain_names     = {}
  hosted_zone_ids  = {}
  kms_key_arns     = []
  vpc              = false
  role_path        = "/"
  region_in_names  = false
}

run "apply_dev_read" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.apply.dev.read).Statement :
      "${statement.Effect} ${statement.Sid}" => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      "Allow Alarms" = [
        ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"],
        [
          "arn:aws:cloudwatch::123456789012:dashboard/longwire-dev",
          "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:longwire-dev-*",
        ],
      ]
      "Allow Api" = [
        ["apigateway:GET"],
        [
          "arn:aws:apigateway:eu-central-1::/apis", "arn:aws:apigateway:eu-central-1::/apis/*",
          "arn:aws:apigateway:eu-central-1::/tags/*",
        ],
      ]
      "Allow Budgets" = [
        ["budgets:ListTagsForResource", "budgets:ViewBudget"],
        ["arn:aws:budgets::123456789012:budget/longwire-dev-*"],
      ]
      "Allow EventSources" = [
        ["lambda:GetEventSourceMapping", "lambda:ListTags"],
        ["arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:*"],
      ]
      "Allow Events" = [
        ["events:DescribeEventBus", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"],
        [
          "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-dev",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-dev-*",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-dev/*",
        ],
      ]
      "Allow FindAlarms" = [
        ["cloudwatch:DescribeAlarms"],
        ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"],
      ]
      "Allow FindLogs" = [
        ["logs:DescribeLogGroups"],
        ["arn:aws:logs:eu-central-1:123456789012:log-group:*"],
      ]
      "Allow FindParameters" = [
        ["ssm:DescribeParameters"],
        ["arn:aws:ssm:eu-central-1:123456789012:*"],
      ]
      "Allow Functions" = [
        [
          "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig",
          "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig",
          "lambda:GetFunctionRecursionConfig", "lambda:GetPolicy", "lambda:GetRuntimeManagementConfig",
          "lambda:ListAliases", "lambda:ListTags", "lambda:ListVersionsByFunction",
        ],
        ["arn:aws:lambda:eu-central-1:123456789012:function:longwire-dev-*"],
      ]
      "Allow Logs" = [
        ["logs:DescribeMetricFilters", "logs:ListTagsForResource", "logs:ListTagsLogGroup"],
        [
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/longwire-dev-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/longwire-dev-*:*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-dev-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-dev-*:*",
        ],
      ]
      "Allow Parameters" = [
        ["ssm:GetParameter", "ssm:ListTagsForResource"],
        [
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/auth-token",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/system-prompt",
        ],
      ]
      "Allow Profiles" = [
        ["bedrock:GetInferenceProfile"],
        [
          "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/*",
          "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/*",
        ],
      ]
      "Allow Queues" = [
        ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"],
        ["arn:aws:sqs:eu-central-1:123456789012:longwire-dev-*"],
      ]
      "Allow Roles" = [
        [
          "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies", "iam:ListRoleTags",
        ],
        ["arn:aws:iam::123456789012:role/longwire-dev-*"],
      ]
      "Allow Subscriptions" = [
        ["sns:GetSubscriptionAttributes"],
        ["*"],
      ]
      "Allow Tables" = [
        [
          "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
          "dynamodb:ListTagsOfResource",
        ],
        ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-dev-*"],
      ]
      "Allow Topics" = [
        ["sns:GetTopicAttributes", "sns:ListTagsForResource"],
        ["arn:aws:sns:eu-central-1:123456789012:longwire-dev-*"],
      ]
      "Allow UserPoolDomains" = [
        ["cognito-idp:DescribeUserPoolDomain"],
        ["*"],
      ]
      "Allow UserPools" = [
        [
          "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetUserPoolMfaConfig",
          "cognito-idp:ListTagsForResource",
        ],
        ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"],
      ]
    })
    error_message = output.policies.apply.dev.read
  }
}

run "apply_dev_write" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.apply.dev.write).Statement :
      "${statement.Effect} ${statement.Sid}" => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      "Allow Alarms" = [
        [
          "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutCompositeAlarm",
          "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource",
          "cloudwatch:UntagResource",
        ],
        [
          "arn:aws:cloudwatch::123456789012:dashboard/longwire-dev",
          "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:longwire-dev-*",
        ],
      ]
      "Allow Api" = [
        ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"],
        ["arn:aws:apigateway:eu-central-1::/apis/*", "arn:aws:apigateway:eu-central-1::/tags/*"],
      ]
      "Allow Budgets" = [
        ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"],
        ["arn:aws:budgets::123456789012:budget/longwire-dev-*"],
      ]
      "Allow EventSourceTags" = [
        ["lambda:TagResource", "lambda:UntagResource"],
        ["arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:*"],
      ]
      "Allow EventSources" = [
        ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"],
        ["arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:*"],
      ]
      "Allow Events" = [
        [
          "events:CreateEventBus", "events:DeleteEventBus", "events:DeleteRule", "events:PutRule",
          "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource",
          "events:UpdateEventBus",
        ],
        [
          "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-dev",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-dev-*",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-dev/*",
        ],
      ]
      "Allow Functions" = [
        [
          "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias",
          "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency", "lambda:DeleteFunctionEventInvokeConfig",
          "lambda:PublishVersion", "lambda:PutFunctionConcurrency", "lambda:PutFunctionEventInvokeConfig",
          "lambda:PutFunctionRecursionConfig", "lambda:RemovePermission", "lambda:TagResource",
          "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionEventInvokeConfig",
        ],
        ["arn:aws:lambda:eu-central-1:123456789012:function:longwire-dev-*"],
      ]
      "Allow Logs" = [
        [
          "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:DeleteRetentionPolicy",
          "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
        ],
        [
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/longwire-dev-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/longwire-dev-*:*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-dev-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-dev-*:*",
        ],
      ]
      "Allow NewApi" = [
        ["apigateway:POST"],
        ["arn:aws:apigateway:eu-central-1::/apis"],
      ]
      "Allow NewEventSource" = [
        ["lambda:CreateEventSourceMapping"],
        ["*"],
      ]
      "Allow Queues" = [
        ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"],
        ["arn:aws:sqs:eu-central-1:123456789012:longwire-dev-*"],
      ]
      "Allow Subscriptions" = [
        ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
        ["*"],
      ]
      "Allow Tables" = [
        [
          "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ],
        ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-dev-*"],
      ]
      "Allow Topics" = [
        [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource",
          "sns:UntagResource",
        ],
        ["arn:aws:sns:eu-central-1:123456789012:longwire-dev-*"],
      ]
      "Deny OtherApis" = [
        ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"],
        ["arn:aws:apigateway:eu-central-1::/apis/*", "arn:aws:apigateway:eu-central-1::/tags/*"],
      ]
    })
    error_message = output.policies.apply.dev.write
  }
}

run "apply_dev_identity" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.apply.dev.identity).Statement :
      "${statement.Effect} ${statement.Sid}" => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      "Allow NewUserPool" = [
        ["cognito-idp:CreateUserPool"],
        ["*"],
      ]
      "Allow Parameters" = [
        ["ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:PutParameter", "ssm:RemoveTagsFromResource"],
        [
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/auth-token",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/system-prompt",
        ],
      ]
      "Allow UserPools" = [
        [
          "cognito-idp:CreateUserPoolClient", "cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteUserPool",
          "cognito-idp:DeleteUserPoolClient", "cognito-idp:DeleteUserPoolDomain", "cognito-idp:TagResource",
          "cognito-idp:UntagResource", "cognito-idp:UpdateUserPool", "cognito-idp:UpdateUserPoolClient",
        ],
        ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"],
      ]
    })
    error_message = output.policies.apply.dev.identity
  }
}

run "apply_dev_roles" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.apply.dev.roles).Statement :
      "${statement.Effect} ${statement.Sid}" => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      "Allow BoundedRoles" = [
        ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
        ["arn:aws:iam::123456789012:role/longwire-dev-*"],
      ]
      "Allow Roles" = [
        [
          "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ],
        ["arn:aws:iam::123456789012:role/longwire-dev-*"],
      ]
      "Allow RolesForFunctions" = [
        ["iam:PassRole"],
        ["arn:aws:iam::123456789012:role/longwire-dev-*"],
      ]
      "Deny BoundaryStays" = [
        ["iam:DeleteRolePermissionsBoundary"],
        ["*"],
      ]
      "Deny OwnRightsStay" = [
        [
          "iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*",
          "iam:Remove*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*",
        ],
        [
          "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
          "arn:aws:iam::123456789012:policy/longwire-boundary", "arn:aws:iam::123456789012:policy/longwire-ci-*",
          "arn:aws:iam::123456789012:role/longwire-ci-*",
        ],
      ]
    })
    error_message = output.policies.apply.dev.roles
  }
}

run "apply_dev_state" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.apply.dev.state).Statement :
      "${statement.Effect} ${statement.Sid}" => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      "Allow FindState" = [
        ["s3:ListBucket"],
        ["arn:aws:s3:::longwire-state-123456789012-eu-central-1"],
      ]
      "Allow LockState" = [
        ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        ["arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/terraform.tfstate.tflock"],
      ]
      "Allow TakePlan" = [
        ["s3:GetObject"],
        ["arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/plans/*"],
      ]
      "Allow WriteState" = [
        ["s3:GetObject", "s3:PutObject"],
        ["arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/terraform.tfstate"],
      ]
    })
    error_message = output.policies.apply.dev.state
  }
}

run "plan_read" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.plan.read).Statement :
      "${statement.Effect} ${statement.Sid}" => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      "Allow Alarms" = [
        ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"],
        [
          "arn:aws:cloudwatch::123456789012:dashboard/longwire-dev",
          "arn:aws:cloudwatch::123456789012:dashboard/longwire-prod",
          "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:longwire-*",
        ],
      ]
      "Allow Api" = [
        ["apigateway:GET"],
        [
          "arn:aws:apigateway:eu-central-1::/apis", "arn:aws:apigateway:eu-central-1::/apis/*",
          "arn:aws:apigateway:eu-central-1::/tags/*",
        ],
      ]
      "Allow Budgets" = [
        ["budgets:ListTagsForResource", "budgets:ViewBudget"],
        [
          "arn:aws:budgets::123456789012:budget/longwire-dev-*",
          "arn:aws:budgets::123456789012:budget/longwire-prod-*",
        ],
      ]
      "Allow EventSources" = [
        ["lambda:GetEventSourceMapping", "lambda:ListTags"],
        ["arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:*"],
      ]
      "Allow Events" = [
        ["events:DescribeEventBus", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"],
        [
          "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-dev",
          "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-prod",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-dev-*",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-dev/*",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-prod-*",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-prod/*",
        ],
      ]
      "Allow FindAlarms" = [
        ["cloudwatch:DescribeAlarms"],
        ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"],
      ]
      "Allow FindLogs" = [
        ["logs:DescribeLogGroups"],
        ["arn:aws:logs:eu-central-1:123456789012:log-group:*"],
      ]
      "Allow FindParameters" = [
        ["ssm:DescribeParameters"],
        ["arn:aws:ssm:eu-central-1:123456789012:*"],
      ]
      "Allow Functions" = [
        [
          "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig",
          "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig",
          "lambda:GetFunctionRecursionConfig", "lambda:GetPolicy", "lambda:GetRuntimeManagementConfig",
          "lambda:ListAliases", "lambda:ListTags", "lambda:ListVersionsByFunction",
        ],
        ["arn:aws:lambda:eu-central-1:123456789012:function:longwire-*"],
      ]
      "Allow Logs" = [
        ["logs:DescribeMetricFilters", "logs:ListTagsForResource", "logs:ListTagsLogGroup"],
        [
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/longwire-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/longwire-*:*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-*:*",
        ],
      ]
      "Allow Parameters" = [
        ["ssm:GetParameter", "ssm:ListTagsForResource"],
        [
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/auth-token",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/system-prompt",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/prod/auth-token",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/prod/system-prompt",
        ],
      ]
      "Allow Profiles" = [
        ["bedrock:GetInferenceProfile"],
        [
          "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/*",
          "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/*",
        ],
      ]
      "Allow Queues" = [
        ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"],
        ["arn:aws:sqs:eu-central-1:123456789012:longwire-*"],
      ]
      "Allow Roles" = [
        [
          "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies", "iam:ListRoleTags",
        ],
        ["arn:aws:iam::123456789012:role/longwire-dev-*", "arn:aws:iam::123456789012:role/longwire-prod-*"],
      ]
      "Allow Subscriptions" = [
        ["sns:GetSubscriptionAttributes"],
        ["*"],
      ]
      "Allow Tables" = [
        [
          "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
          "dynamodb:ListTagsOfResource",
        ],
        ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-*"],
      ]
      "Allow Topics" = [
        ["sns:GetTopicAttributes", "sns:ListTagsForResource"],
        ["arn:aws:sns:eu-central-1:123456789012:longwire-*"],
      ]
      "Allow UserPoolDomains" = [
        ["cognito-idp:DescribeUserPoolDomain"],
        ["*"],
      ]
      "Allow UserPools" = [
        [
          "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetUserPoolMfaConfig",
          "cognito-idp:ListTagsForResource",
        ],
        ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"],
      ]
    })
    error_message = output.policies.plan.read
  }
}
