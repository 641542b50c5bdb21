locals {
  url  = "token.actions.githubusercontent.com"
  arn  = "arn:${var.account.partition}"
  iam  = "${local.arn}:iam::${var.account.id}"
  here = "${var.account.region}:${var.account.id}"

  # End of the names that are global, in accounts with several regions.
  suffix = var.region_in_names ? "-${var.account.region}" : ""

  # ARNs derived from names instead of resources: a policy that refers to its own role or boundary would otherwise be a
  # dependency cycle.
  provider_arn = coalesce(var.provider_arn, "${local.iam}:oidc-provider/${local.url}")
  boundary_arn = "${local.iam}:policy${var.role_path}${var.project}-boundary${local.suffix}"

  # What a role may reach: one environment to apply, all of them (`*`) to plan and to review. `name` is the beginning of
  # the names, without the `-` that follows it: an environment `dev` must not reach one that is called `dev2`.
  scopes = merge(
    { "*" = { name = var.project, environments = sort(var.environments) } },
    {
      for environment in var.environments :
      environment => { name = "${var.project}-${environment}", environments = [environment] }
    },
  )

  arns = {
    for scope, reach in local.scopes : scope => {
      functions = ["${local.arn}:lambda:${local.here}:function:${reach.name}-*"]
      queues    = ["${local.arn}:sqs:${local.here}:${reach.name}-*"]
      tables    = ["${local.arn}:dynamodb:${local.here}:table/${reach.name}-*"]
      topics    = ["${local.arn}:sns:${local.here}:${reach.name}-*"]
      alarms = concat(
        ["${local.arn}:cloudwatch:${local.here}:alarm:${reach.name}-*"],
        [for environment in reach.environments : "${local.arn}:cloudwatch::${var.account.id}:dashboard/${var.project}-${environment}${local.suffix}"],
      )
      budgets = [
        for environment in reach.environments :
        "${local.arn}:budgets::${var.account.id}:budget/${var.project}-${environment}${local.suffix}-*"
      ]
      # A bus has the name of its environment, and its rules are below it.
      events = flatten([
        for environment in reach.environments : [
          "${local.arn}:events:${local.here}:event-bus/${var.project}-${environment}",
          "${local.arn}:events:${local.here}:rule/${var.project}-${environment}/*",
          "${local.arn}:events:${local.here}:rule/${var.project}-${environment}-*",
        ]
      ])
      logs = flatten([
        for service in ["lambda", "apigateway"] : [
          for part in ["", ":*"] :
          "${local.arn}:logs:${local.here}:log-group:/aws/${service}/${reach.name}-*${part}"
        ]
      ])
      # Only roles of the environments. `<project>-ci-*` must never match, or an apply role could change itself.
      roles = [
        for environment in reach.environments :
        "${local.iam}:role${var.role_path}${var.project}-${environment}-*${local.suffix}"
      ]
      parameters = flatten([
        for environment in reach.environments : [
          for name in ["auth-token", "system-prompt"] :
          "${local.arn}:ssm:${local.here}:parameter/${var.project}/${environment}/${name}"
        ]
      ])
      states  = [for environment in reach.environments : "${var.state_bucket_arn}/${environment}/terraform.tfstate"]
      locks   = [for environment in reach.environments : "${var.state_bucket_arn}/${environment}/terraform.tfstate.tflock"]
      plans   = [for environment in reach.environments : "${var.state_bucket_arn}/${environment}/plans/*"]
      domains = sort(flatten([for environment in reach.environments : tolist(lookup(var.domain_names, environment, []))]))
      zones = sort(distinct(flatten([
        for environment in reach.environments : [
          for id in lookup(var.hosted_zone_ids, environment, []) : "${local.arn}:route53:::hostedzone/${id}"
        ]
      ])))
    }
  }

  # The environments with what an apply role may reach.
  environments = { for environment in var.environments : environment => local.arns[environment] }

  # AWS chooses the ids of these resources.
  mappings = "${local.arn}:lambda:${local.here}:event-source-mapping:*"
  pools    = "${local.arn}:cognito-idp:${local.here}:userpool/*"
  gateway  = "${local.arn}:apigateway:${var.account.region}::"
}
