# Trust and permissions of the roles of GitHub's jobs. The tests parse each policy; nothing is deployed.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  project      = "longwire"
  environments = ["dev", "prod"]
  subject      = "repo:acme@11/longwire@22"
  branch       = "main"
  stage        = "live"
  provider_arn = null
  account = {
    id        = "123456789012"
    partition = "aws"
    region    = "eu-central-1"
  }
  state_bucket_arn = "arn:aws:s3:::longwire-state-123456789012-eu-central-1"
  domain_names     = []
  hosted_zone_ids  = []
  kms_key_arns     = []
}

run "trust" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = {
      for role, document in data.aws_iam_policy_document.trust : role => [
        for statement in jsondecode(document.json).Statement : {
          action    = statement.Action
          principal = statement.Principal.Federated
          tests     = keys(statement.Condition)
          audience  = statement.Condition.StringEquals["token.actions.githubusercontent.com:aud"]
        }
      ]
      } == {
      for role in ["apply", "plan"] : role => [{
        action    = "sts:AssumeRoleWithWebIdentity"
        principal = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
        tests     = ["StringEquals"]
        audience  = "sts.amazonaws.com"
      }]
    }
    error_message = "Only jobs of GitHub may assume the roles, and every condition must be exact."
  }

  assert {
    condition = {
      for role, document in data.aws_iam_policy_document.trust :
      role => toset(
        jsondecode(document.json).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]
      )
      } == {
      apply = toset(["repo:acme@11/longwire@22:environment:dev", "repo:acme@11/longwire@22:environment:prod"])
      plan  = toset(["repo:acme@11/longwire@22:pull_request", "repo:acme@11/longwire@22:ref:refs/heads/main"])
    }
    error_message = "Only jobs of an environment may apply; only pull requests and the main branch may plan."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1
    error_message = "An account without an OIDC provider must get one."
  }

  assert {
    condition = {
      plan     = aws_iam_role.plan.name
      apply    = aws_iam_role.apply.name
      boundary = aws_iam_policy.boundary.name
      } == {
      plan     = "longwire-ci-plan"
      apply    = "longwire-ci-apply"
      boundary = "longwire-boundary"
    }
    error_message = "The workflows expect these names of the roles."
  }
}

run "a_provider_that_exists_is_used" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account can have one OIDC provider per URL; a second one would fail."
  }
}

run "planning_changes_nothing" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(output.policies.read).Statement : statement.Action]) :
      can(regex("^[a-z0-9-]+:((Describe|Get|List|View)[A-Za-z]+|GET)$", action))
    ])
    error_message = "The plan role may only read."
  }

  # The provider reads the parameter with the token of each environment, and no other parameter.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.read).Statement : statement.Resource
      if contains(flatten([statement.Action]), "ssm:GetParameter")
      ])) == toset([
      "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/dev/auth-token",
      "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/prod/auth-token",
    ])
    error_message = "The plan role must read no parameter but those of the tokens."
  }

  # The actions above also include reading the contents of tables, queues and logs.
  assert {
    condition = length(setintersection(
      toset(flatten([for statement in jsondecode(output.policies.read).Statement : statement.Action])),
      ["dynamodb:GetItem", "logs:GetLogEvents", "logs:GetLogRecord", "s3:GetObject", "secretsmanager:GetSecretValue"],
    )) == 0
    error_message = "The plan role must not read items, messages, log lines or other secrets."
  }

  assert {
    condition = {
      for statement in jsondecode(output.policies.plan_state).Statement :
      statement.Sid => { actions = statement.Action, resources = statement.Resource }
      } == {
      FindState = { actions = "s3:ListBucket", resources = "arn:aws:s3:::longwire-state-123456789012-eu-central-1" }
      ReadState = {
        actions = "s3:GetObject"
        resources = [
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/prod/terraform.tfstate",
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/terraform.tfstate",
        ]
      }
      LockState = {
        actions = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]
        resources = [
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/prod/terraform.tfstate.tflock",
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/terraform.tfstate.tflock",
        ]
      }
      KeepPlan = {
        actions = "s3:PutObject"
        resources = [
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/prod/plans/*",
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/plans/*",
        ]
      }
    }
    error_message = "The plan role may write locks and plans into the bucket, but no state."
  }
}

run "applying_stays_in_the_project" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = alltrue([
      for action in flatten([
        for document in ["read", "write", "identity", "plan_state", "apply_state"] : [
          for statement in jsondecode(output.policies[document]).Statement : statement.Action
        ]
      ]) : !strcontains(action, "*")
    ])
    error_message = "No action may contain a wildcard."
  }

  assert {
    condition = toset([
      for statement in concat(
        jsondecode(output.policies.read).Statement,
        jsondecode(output.policies.write).Statement,
        jsondecode(output.policies.identity).Statement,
        jsondecode(output.policies.roles).Statement,
      ) : "${statement.Effect} ${statement.Sid}"
      if contains(flatten([statement.Resource]), "*")
      ]) == toset([
      # SNS subscriptions and domains of user pools have no resource type; an event source mapping and a user pool have
      # no ARN before they exist.
      "Allow Subscriptions",
      "Allow UserPoolDomains",
      "Allow NewEventSource",
      "Allow NewUserPool",
      "Deny BoundaryStays",
    ])
    error_message = "Only statements that AWS cannot limit may have the resource `*`."
  }

  # Resources without the name of the project: AWS chooses their ids.
  assert {
    condition = toset([
      for statement in concat(jsondecode(output.policies.write).Statement, jsondecode(output.policies.identity).Statement) : statement.Sid
      if anytrue([for resource in flatten([statement.Resource]) : !can(regex("longwire[-/]", resource))])
      ]) == toset([
      "NewEventSource", "EventSources", "EventSourceTags", "NewUserPool", "UserPools", "NewApi", "Api", "Subscriptions",
    ])
    error_message = "The names of all changed resources must begin with the name of the project."
  }

  assert {
    condition = {
      for statement in concat(jsondecode(output.policies.write).Statement, jsondecode(output.policies.identity).Statement) :
      statement.Sid => statement.Condition
      if can(statement.Condition)
      } == {
      NewEventSource = {
        ArnLike = { "lambda:FunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:longwire-*" }
      }
      EventSources = {
        ArnLike = { "lambda:FunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:longwire-*" }
      }
      NewApi      = { StringLike = { "apigateway:Request/ApiName" = "longwire-*" } }
      NewUserPool = { StringEquals = { "aws:RequestTag/project" = "longwire" } }
      UserPools   = { StringEquals = { "aws:ResourceTag/project" = "longwire" } }
    }
    error_message = "A statement without a named resource must have a condition."
  }

  # The event bus of push, its rule, its topic and the subscription, besides the rules of schedules and the topic of alarms.
  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.write).Statement :
      statement.Sid => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      if contains(["Events", "Subscriptions", "Topics"], statement.Sid)
      }) == jsonencode({
      Events = [
        [
          "events:CreateEventBus", "events:DeleteEventBus", "events:DeleteRule", "events:PutRule", "events:PutTargets",
          "events:RemoveTargets", "events:TagResource", "events:UntagResource", "events:UpdateEventBus",
        ],
        [
          "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-*",
          "arn:aws:events:eu-central-1:123456789012:rule/longwire-*",
        ],
      ]
      Subscriptions = [["sns:SetSubscriptionAttributes", "sns:Unsubscribe"], ["*"]]
      Topics = [
        ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource"],
        ["arn:aws:sns:eu-central-1:123456789012:longwire-*"],
      ]
    })
    error_message = output.policies.write
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.read).Statement : statement.Action if statement.Sid == "Events"
    ])) == toset(["events:DescribeEventBus", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"])
    error_message = output.policies.read
  }

  assert {
    condition = length(setintersection(
      toset(flatten([
        for statement in concat(jsondecode(output.policies.write).Statement, jsondecode(output.policies.identity).Statement) : statement.Action
      ])),
      ["lambda:InvokeFunction", "dynamodb:GetItem", "dynamodb:Query", "sqs:ReceiveMessage", "logs:GetLogEvents", "ssm:GetParameter"],
    )) == 0
    error_message = "The apply role must not read items, messages, log lines or secrets."
  }
}

run "roles_stay_bounded" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.roles).Statement :
      try(statement.Condition.StringEquals["iam:PermissionsBoundary"], "")
      == "arn:aws:iam::123456789012:policy/longwire-boundary"
      if length(setintersection(
        toset(flatten([statement.Action])),
        ["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary"],
      )) > 0
    ])
    error_message = "A role without the boundary must not be created or get a policy."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.roles).Statement :
      statement.Resource == [
        "arn:aws:iam::123456789012:role/longwire-prod-*",
        "arn:aws:iam::123456789012:role/longwire-dev-*",
      ] if statement.Effect == "Allow"
    ])
    error_message = "Only roles of the environments may be changed, not those of the workflows."
  }

  assert {
    condition = length(setintersection(
      toset(flatten([
        for statement in jsondecode(output.policies.roles).Statement : statement.Action
        if statement.Effect == "Allow"
      ])),
      ["iam:AttachRolePolicy", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:CreateUser", "iam:CreateAccessKey"],
    )) == 0
    error_message = "The apply role must not manage policies, users or access keys."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.roles).Statement : statement.Condition
      if flatten([statement.Action]) == ["iam:PassRole"]
    ] == [{ StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }]
    error_message = "Roles may be passed to Lambda only."
  }

  assert {
    condition = {
      for statement in jsondecode(output.policies.roles).Statement :
      statement.Sid => toset(flatten([statement.Resource]))
      if statement.Effect == "Deny"
      } == {
      BoundaryStays = toset(["*"])
      OwnRightsStay = toset([
        "arn:aws:iam::123456789012:role/longwire-ci-*",
        "arn:aws:iam::123456789012:policy/longwire-ci-*",
        "arn:aws:iam::123456789012:policy/longwire-boundary",
        "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
      ])
    }
    error_message = "The workflows must not change their roles, the boundary or the OIDC provider."
  }
}

run "boundary" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(output.policies.boundary).Statement : statement.Action]) :
      !can(regex("[*]|^iam:|^sts:|^bedrock:CallWithBearerToken$", action))
    ])
    error_message = "The boundary must not allow IAM or STS actions."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.boundary).Statement : statement.Sid
      if contains(flatten([statement.Resource]), "*")
    ] == ["Traces"]
    error_message = "Only X-Ray may have the resource `*`."
  }

  # Only what SSM decrypts for a function: the key encrypts the parameters of the account.
  assert {
    condition = [
      for statement in jsondecode(output.policies.boundary).Statement : [statement.Action, statement.Condition]
      if can(statement.Condition)
    ] == [["kms:Decrypt", { StringEquals = { "kms:ViaService" = "ssm.eu-central-1.amazonaws.com" } }]]
    error_message = "The key of the parameter may be used through SSM only."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.boundary).Statement : statement.Resource if statement.Sid == "Connections"
    ] == ["arn:aws:execute-api:eu-central-1:123456789012:*/live/*/@connections/*"]
    error_message = "The functions may post to the connections of one stage."
  }

  assert {
    condition     = length(jsonencode(jsondecode(output.policies.boundary))) <= 6144
    error_message = "A managed policy may have 6,144 characters at most."
  }
}

run "domains_and_keys_only_when_named" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  variables {
    domain_names    = ["chat.example.com"]
    hosted_zone_ids = ["Z0123456789"]
    kms_key_arns    = ["arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.write).Statement : statement.Resource
      if statement.Sid == "Keys"
    ] == ["arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
    error_message = "Only the named key may be used."
  }

  assert {
    condition = {
      for statement in jsondecode(output.policies.write).Statement :
      statement.Sid => toset(flatten([statement.Resource]))
      if contains(["Domains", "Zones"], statement.Sid)
      } == {
      Domains = toset([
        "arn:aws:apigateway:eu-central-1::/domainnames",
        "arn:aws:apigateway:eu-central-1::/domainnames/chat.example.com",
        "arn:aws:apigateway:eu-central-1::/domainnames/chat.example.com/*",
      ])
      Zones = toset(["arn:aws:route53:::hostedzone/Z0123456789"])
    }
    error_message = "Only the named domain and its hosted zone may be written."
  }
}

run "neither_domains_nor_keys_by_default" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = length([
      for statement in concat(
        jsondecode(output.policies.read).Statement,
        jsondecode(output.policies.write).Statement,
        jsondecode(output.policies.boundary).Statement,
      ) : statement if contains(["Domains", "Zones", "FirstDomain", "Keys", "LogKeys"], statement.Sid)
    ]) == 0
    error_message = "Without a domain or a key, there must be no permissions on them."
  }
}
