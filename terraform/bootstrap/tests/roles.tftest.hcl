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

run "trust" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = {
      for role, document in data.aws_iam_policy_document.trust : role => [
        for statement in jsondecode(document.json).Statement : {
          effect    = statement.Effect
          action    = statement.Action
          principal = statement.Principal
          condition = statement.Condition
        }
      ]
      } == {
      for role, claims in {
        review     = { sub = "repo:acme@11/longwire@22:pull_request" }
        plan       = { sub = "repo:acme@11/longwire@22:ref:refs/heads/main", ref = "refs/heads/main" }
        apply-dev  = { sub = "repo:acme@11/longwire@22:environment:dev", ref = "refs/heads/main" }
        apply-prod = { sub = "repo:acme@11/longwire@22:environment:prod", ref = "refs/heads/main" }
        } : role => [{
          effect    = "Allow"
          action    = "sts:AssumeRoleWithWebIdentity"
          principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
          condition = {
            StringEquals = {
              for claim, value in merge(claims, { aud = "sts.amazonaws.com", repository_id = "22" }) :
              "token.actions.githubusercontent.com:${claim}" => value
            }
          }
      }]
    }
    error_message = jsonencode({ for role, document in data.aws_iam_policy_document.trust : role => document.json })
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1
    error_message = "An account without an OIDC provider must get one."
  }

  assert {
    condition = concat(
      [aws_iam_role.review.name, aws_iam_role.plan.name],
      [for environment in ["dev", "prod"] : aws_iam_role.apply[environment].name],
      [aws_iam_policy.boundary.name],
    ) == ["longwire-ci-review", "longwire-ci-plan", "longwire-ci-apply-dev", "longwire-ci-apply-prod", "longwire-boundary"]
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

run "names_with_a_region_and_a_path" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  variables {
    role_path       = "/acme/"
    region_in_names = true
  }

  assert {
    condition = {
      for role in concat([aws_iam_role.review, aws_iam_role.plan], values(aws_iam_role.apply)) : role.name => role.path
      } == {
      for name in ["review", "plan", "apply-dev", "apply-prod"] : "longwire-ci-${name}-eu-central-1" => "/acme/"
    }
    error_message = "IAM is global: roles of several regions need different names."
  }

  assert {
    condition = {
      for policy in concat([aws_iam_policy.boundary], values(aws_iam_policy.ci)) : policy.name => policy.path
      } == {
      for name in [
        "boundary", "ci-read", "ci-dev-read", "ci-dev-write", "ci-dev-identity", "ci-prod-read", "ci-prod-write", "ci-prod-identity",
      ] : "longwire-${name}-eu-central-1" => "/acme/"
    }
    error_message = jsonencode(keys(aws_iam_policy.ci))
  }

  # Only the names of this environment in this region.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.apply.dev.roles).Statement : statement.Resource if statement.Effect == "Allow"
    ])) == toset(["arn:aws:iam::123456789012:role/acme/longwire-dev-*-eu-central-1"])
    error_message = output.policies.apply.dev.roles
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.apply.dev.roles).Statement : statement.Resource if statement.Sid == "OwnRightsStay"
      ])) == toset([
      "arn:aws:iam::123456789012:role/acme/longwire-ci-*",
      "arn:aws:iam::123456789012:policy/acme/longwire-ci-*",
      "arn:aws:iam::123456789012:policy/acme/longwire-boundary-eu-central-1",
      "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    ])
    error_message = output.policies.apply.dev.roles
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.apply.dev.write).Statement : statement.Sid => flatten([statement.Resource])
      if contains(["Alarms", "Budgets"], statement.Sid)
      }) == jsonencode({
      Alarms = [
        "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:longwire-dev-*",
        "arn:aws:cloudwatch::123456789012:dashboard/longwire-dev-eu-central-1",
      ]
      Budgets = ["arn:aws:budgets::123456789012:budget/longwire-dev-eu-central-1-*"]
    })
    error_message = output.policies.apply.dev.write
  }
}

run "reviewing_and_planning_change_nothing" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition     = output.policies.review.read == output.policies.plan.read
    error_message = "A review reads what a plan reads."
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(output.policies.plan.read).Statement : statement.Action]) :
      can(regex("^[a-z0-9-]+:((Describe|Get|List|View)[A-Za-z]+|GET)$", action))
    ])
    error_message = "The plan role may only read."
  }

  # The provider reads the parameters of each environment, and no other parameter.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.plan.read).Statement : statement.Resource
      if contains(flatten([statement.Action]), "ssm:GetParameter")
      ])) == toset(flatten([
      for environment in ["dev", "prod"] : [
        for name in ["auth-token", "system-prompt"] :
        "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/${environment}/${name}"
      ]
    ]))
    error_message = "The plan role must read no parameter but those of the environments."
  }

  # The actions above also include reading the contents of tables, queues and logs.
  assert {
    condition = length(setintersection(
      toset(flatten([for statement in jsondecode(output.policies.plan.read).Statement : statement.Action])),
      ["dynamodb:GetItem", "logs:GetLogEvents", "logs:GetLogRecord", "s3:GetObject", "secretsmanager:GetSecretValue"],
    )) == 0
    error_message = "The plan role must not read items, messages, log lines or other secrets."
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.review.state).Statement :
      statement.Sid => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      }) == jsonencode({
      FindState = [["s3:ListBucket"], ["arn:aws:s3:::longwire-state-123456789012-eu-central-1"]]
      ReadState = [
        ["s3:GetObject"],
        [
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/terraform.tfstate",
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/prod/terraform.tfstate",
        ],
      ]
    })
    error_message = "The review role may neither lock nor write, and reads no plan that waits."
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policies.plan.state).Statement :
      statement.Sid => [sort(flatten([statement.Action])), sort(flatten([statement.Resource]))]
      if !contains(["FindState", "ReadState"], statement.Sid)
      }) == jsonencode({
      LockState = [
        ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        [
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/terraform.tfstate.tflock",
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/prod/terraform.tfstate.tflock",
        ],
      ]
      KeepPlan = [
        ["s3:PutObject"],
        [
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/dev/plans/*",
          "arn:aws:s3:::longwire-state-123456789012-eu-central-1/prod/plans/*",
        ],
      ]
    })
    error_message = "The plan role may write locks and plans into the bucket, but no state."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.review.state).Statement : statement.Sid
      ] == [
      for statement in jsondecode(output.policies.plan.state).Statement : statement.Sid
      if contains(["FindState", "ReadState"], statement.Sid)
    ]
    error_message = "The plan role finds and reads the states as well."
  }
}

run "applying_stays_in_the_environment" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  # A statement of dev that names prod would be wrong in both. The other environment is named by denials only.
  assert {
    condition = alltrue(flatten([
      for pair in [["dev", "prod"], ["prod", "dev"]] : [
        for name, document in output.policies.apply[pair[0]] : [
          for statement in jsondecode(document).Statement :
          statement.Effect == "Deny" || !can(regex("\\b${pair[1]}\\b", jsonencode(statement)))
        ]
      ]
    ]))
    error_message = "An apply role must not reach another environment."
  }

  assert {
    condition = alltrue([
      for name, document in output.policies.apply.dev :
      jsondecode(replace(replace(replace(document, "/\\bdev\\b/", "@"), "/\\bprod\\b/", "dev"), "@", "prod"))
      == jsondecode(output.policies.apply.prod[name])
    ])
    error_message = "The apply roles of all environments must have the same rights, each in its own environment."
  }

  assert {
    condition = alltrue([
      for action in flatten([
        for document in [
          output.policies.plan.read, output.policies.plan.state, output.policies.review.state, output.policies.apply.dev.read,
          output.policies.apply.dev.write, output.policies.apply.dev.identity, output.policies.apply.dev.state,
        ] : [for statement in jsondecode(document).Statement : statement.Action]
      ]) : !strcontains(action, "*")
    ])
    error_message = "No action may contain a wildcard."
  }

  assert {
    condition = toset([
      for statement in flatten([
        for document in concat([output.policies.plan.read], values(output.policies.apply.dev)) : jsondecode(document).Statement
      ]) : "${statement.Effect} ${statement.Sid}"
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

  # Resources without the name of the environment: AWS chooses their ids.
  assert {
    condition = toset([
      for statement in flatten([for document in values(output.policies.apply.dev) : jsondecode(document).Statement]) : statement.Sid
      if statement.Effect == "Allow" && anytrue([
        for resource in flatten([statement.Resource]) : !can(regex("(longwire-dev\\b|longwire/dev/|/dev/)", resource))
      ])
      ]) == toset([
      "NewEventSource", "EventSources", "EventSourceTags", "NewUserPool", "UserPools", "UserPoolDomains", "NewApi", "Api",
      "Subscriptions", "FindParameters", "FindLogs", "FindAlarms", "Profiles", "FindState",
    ])
    error_message = "The names of all changed resources must begin with the names of the project and the environment."
  }

  assert {
    condition = {
      for statement in flatten([for name in ["write", "identity"] : jsondecode(output.policies.apply.dev[name]).Statement]) :
      statement.Sid => statement.Condition
      if can(statement.Condition)
      } == {
      NewEventSource = {
        ArnLike = { "lambda:FunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:longwire-dev-*" }
      }
      EventSources = {
        ArnLike = { "lambda:FunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:longwire-dev-*" }
      }
      NewApi      = { StringLike = { "apigateway:Request/ApiName" = "longwire-dev-*" } }
      OtherApis   = { StringEquals = { "aws:ResourceTag/environment" = "prod" } }
      NewUserPool = { StringEquals = { "aws:RequestTag/project" = "longwire", "aws:RequestTag/environment" = "dev" } }
      UserPools   = { StringEquals = { "aws:ResourceTag/project" = "longwire", "aws:ResourceTag/environment" = "dev" } }
    }
    error_message = "A statement without a named resource must have a condition."
  }

  assert {
    condition = length(setintersection(
      toset(flatten([
        for statement in flatten([for name in ["write", "identity"] : jsondecode(output.policies.apply.dev[name]).Statement]) : statement.Action
      ])),
      ["lambda:InvokeFunction", "dynamodb:GetItem", "dynamodb:Query", "sqs:ReceiveMessage", "logs:GetLogEvents", "ssm:GetParameter"],
    )) == 0
    error_message = "The apply role must not read items, messages, log lines or secrets."
  }

  # IAM's limits: 6,144 characters of a managed policy, 10,240 of all inline policies of a role.
  assert {
    condition = alltrue([
      for policy in values(aws_iam_policy.ci) : length(policy.policy) <= 6144
      ]) && alltrue([
      for rights in concat([output.policies.review, output.policies.plan], values(output.policies.apply)) :
      sum([for name, document in rights : contains(["state", "roles"], name) ? length(jsonencode(jsondecode(document))) : 0]) <= 10240
    ])
    error_message = jsonencode({ for name, policy in aws_iam_policy.ci : name => length(policy.policy) })
  }
}

run "one_environment_has_no_other_to_deny" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  variables {
    environments = ["prod"]
  }

  assert {
    condition = length([
      for statement in concat(jsondecode(output.policies.apply.prod.write).Statement, jsondecode(output.policies.boundary).Statement) :
      statement if statement.Effect == "Deny"
    ]) == 0
    error_message = "A condition without a value would be an error."
  }
}

run "a_name_that_begins_like_another_is_not_reached" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  variables {
    environments = ["dev", "dev2"]
  }

  assert {
    condition = alltrue([
      for resource in flatten([
        for document in values(output.policies.apply.dev) : [
          for statement in jsondecode(document).Statement : statement.Resource if statement.Effect == "Allow"
        ]
      ]) : !can(regex("dev[*]", resource))
    ])
    error_message = "The role of dev must not reach dev2."
  }
}

run "roles_stay_bounded" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.apply.dev.roles).Statement :
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
      for statement in jsondecode(output.policies.apply.dev.roles).Statement :
      statement.Resource == "arn:aws:iam::123456789012:role/longwire-dev-*" if statement.Effect == "Allow"
    ])
    error_message = "Only roles of the environment may be changed, not those of the workflows."
  }

  assert {
    condition = length(setintersection(
      toset(flatten([
        for statement in jsondecode(output.policies.apply.dev.roles).Statement : statement.Action
        if statement.Effect == "Allow"
      ])),
      ["iam:AttachRolePolicy", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:CreateUser", "iam:CreateAccessKey"],
    )) == 0
    error_message = "The apply role must not manage policies, users or access keys."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.apply.dev.roles).Statement : statement.Condition
      if flatten([statement.Action]) == ["iam:PassRole"]
    ] == [{ StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }]
    error_message = "Roles may be passed to Lambda only."
  }

  assert {
    condition = {
      for statement in jsondecode(output.policies.apply.dev.roles).Statement :
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
      for action in flatten([
        for statement in jsondecode(output.policies.boundary).Statement : statement.Action if statement.Effect == "Allow"
      ]) : !can(regex("[*]|^iam:|^sts:|^bedrock:CallWithBearerToken$", action))
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
      if can(statement.Condition) && statement.Effect == "Allow"
    ] == [["kms:Decrypt", { StringEquals = { "kms:ViaService" = "ssm.eu-central-1.amazonaws.com" } }]]
    error_message = "The key of the parameter may be used through SSM only."
  }

  # An apply role decides what the functions of its environment do, so they must not reach the other environments either.
  assert {
    condition = {
      for statement in jsondecode(output.policies.boundary).Statement : statement.Sid => {
        actions   = statement.Action
        resources = toset(statement.Resource)
        condition = statement.Condition
      } if statement.Effect == "Deny"
      } == {
      for sid, environment in { OnlyOfDev = "dev", OnlyOfProd = "prod" } : sid => {
        actions                           = "*"
        resources = toset([
          "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-${environment}-*",
          "arn:aws:sqs:eu-central-1:123456789012:longwire-${environment}-*",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/${environment}/auth-token",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/${environment}/system-prompt",
          "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-${environment}",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-${environment}-*:*",
        ])
        condition = { ArnNotLike = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/longwire-${environment}-*" } }
      }
    }
    error_message = output.policies.boundary
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.boundary).Statement : statement.Resource if statement.Sid == "Models"
      ])) == toset([
      "arn:aws:bedrock:*::foundation-model/*",
      "arn:aws:bedrock:*:123456789012:application-inference-profile/*",
      "arn:aws:bedrock:*:123456789012:inference-profile/*",
      "arn:aws:bedrock:eu-central-1:123456789012:custom-model-deployment/*",
      "arn:aws:bedrock:eu-central-1:123456789012:imported-model/*",
      "arn:aws:bedrock:eu-central-1:123456789012:provisioned-model/*",
    ])
    error_message = output.policies.boundary
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

run "domains_keys_and_networks_only_when_named" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  variables {
    domain_names    = { prod = ["chat.example.com"] }
    hosted_zone_ids = { prod = ["Z0123456789"] }
    kms_key_arns    = ["arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
    vpc             = true
  }

  # A grant that somebody else gets would outlive the role.
  assert {
    condition = {
      for statement in jsondecode(output.policies.apply.prod.write).Statement :
      statement.Sid => [statement.Action, statement.Resource, try(statement.Condition, null)]
      if contains(["Keys", "KeyGrants"], statement.Sid)
      } == {
      Keys = [
        ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"],
        "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        null,
      ]
      KeyGrants = [
        "kms:CreateGrant",
        "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        { Bool = { "kms:GrantIsForAWSResource" = "true" } },
      ]
    }
    error_message = "Only the named key may be used, and only services of AWS may get a grant on it."
  }

  assert {
    condition = {
      for statement in jsondecode(output.policies.apply.prod.write).Statement :
      statement.Sid => [toset(flatten([statement.Resource])), try(statement.Condition, null)]
      if contains(["Domains", "Zones"], statement.Sid)
      } == {
      Domains = [
        toset([
          "arn:aws:apigateway:eu-central-1::/domainnames",
          "arn:aws:apigateway:eu-central-1::/domainnames/chat.example.com",
          "arn:aws:apigateway:eu-central-1::/domainnames/chat.example.com/*",
        ]),
        null,
      ]
      Zones = [
        toset(["arn:aws:route53:::hostedzone/Z0123456789"]),
        { "ForAllValues:StringEquals" = { "route53:ChangeResourceRecordSetsNormalizedRecordNames" = "chat.example.com" } },
      ]
    }
    error_message = "Only the named domain and its records in the hosted zone may be written."
  }

  assert {
    condition = length([
      for statement in flatten([for document in values(output.policies.apply.dev) : jsondecode(document).Statement]) :
      statement if contains(["Domains", "Zones", "FirstDomain"], statement.Sid)
    ]) == 0
    error_message = "The domain of prod must not be in the reach of dev."
  }

  assert {
    condition = jsonencode([
      for document in [output.policies.review.read, output.policies.apply.dev.read, output.policies.boundary] : [
        for statement in jsondecode(document).Statement : [sort(statement.Action), statement.Resource] if statement.Sid == "Network"
      ]
      ]) == jsonencode([
      [[["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"], "*"]],
      [[["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"], "*"]],
      [[
        [
          "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
        ],
        "*",
      ]],
    ])
    error_message = "A function in a VPC needs exactly these actions."
  }

  assert {
    condition = alltrue([for policy in values(aws_iam_policy.ci) : length(policy.policy) <= 6144]) && (
      length(jsonencode(jsondecode(output.policies.boundary))) <= 6144
    )
    error_message = jsonencode({ for name, policy in aws_iam_policy.ci : name => length(policy.policy) })
  }
}

run "neither_domains_nor_keys_nor_networks_by_default" {
  command = plan
  module {
    source = "../modules/github_oidc"
  }

  assert {
    condition = length([
      for statement in flatten([
        for document in concat([output.policies.plan.read, output.policies.boundary], values(output.policies.apply.prod)) :
        jsondecode(document).Statement
      ]) : statement if contains(["Domains", "Zones", "FirstDomain", "Keys", "LogKeys", "Network"], statement.Sid)
    ]) == 0
    error_message = "Without a domain, a key or a VPC, there must be no permissions on them."
  }
}
