locals {
  url  = "token.actions.githubusercontent.com"
  arn  = "arn:${var.account.partition}"
  iam  = "${local.arn}:iam::${var.account.id}"
  here = "${var.account.region}:${var.account.id}"

  # ARNs derived from names instead of resources: a policy that refers to its own role or boundary would otherwise be a
  # dependency cycle.
  provider_arn = coalesce(var.provider_arn, "${local.iam}:oidc-provider/${local.url}")
  boundary_arn = "${local.iam}:policy/${var.project}-boundary"

  # Only roles of the environments. `<project>-ci-*` must never match, or the apply role could change itself.
  roles = [for environment in sort(var.environments) : "${local.iam}:role/${var.project}-${environment}-*"]

  functions  = "${local.arn}:lambda:${local.here}:function:${var.project}-*"
  mappings   = "${local.arn}:lambda:${local.here}:event-source-mapping:*"
  queues     = "${local.arn}:sqs:${local.here}:${var.project}-*"
  tables     = "${local.arn}:dynamodb:${local.here}:table/${var.project}-*"
  topics     = "${local.arn}:sns:${local.here}:${var.project}-*"
  alarms     = "${local.arn}:cloudwatch:${local.here}:alarm:${var.project}-*"
  dashboards = "${local.arn}:cloudwatch::${var.account.id}:dashboard/${var.project}-*"
  budgets    = "${local.arn}:budgets::${var.account.id}:budget/${var.project}-*"
  pools      = "${local.arn}:cognito-idp:${local.here}:userpool/*"
  buses      = "${local.arn}:events:${local.here}:event-bus/${var.project}-*"
  rules      = "${local.arn}:events:${local.here}:rule/${var.project}-*"
  gateway    = "${local.arn}:apigateway:${var.account.region}::"
  tokens = [
    for environment in sort(var.environments) :
    "${local.arn}:ssm:${local.here}:parameter/${var.project}/${environment}/auth-token"
  ]
  logs = [
    "${local.arn}:logs:${local.here}:log-group:/aws/lambda/${var.project}-*",
    "${local.arn}:logs:${local.here}:log-group:/aws/apigateway/${var.project}-*",
  ]

  states  = [for environment in sort(var.environments) : "${var.state_bucket_arn}/${environment}/terraform.tfstate"]
  locks   = [for state in local.states : "${state}.tflock"]
  zones   = [for id in sort(var.hosted_zone_ids) : "${local.arn}:route53:::hostedzone/${id}"]
  domains = [for name in sort(var.domain_names) : "${local.gateway}/domainnames/${name}"]
  plans   = [for environment in sort(var.environments) : "${var.state_bucket_arn}/${environment}/plans/*"]
}
