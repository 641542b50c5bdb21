# Identity of GitHub Actions in this account: a job exchanges its OIDC token for credentials of a role, valid for one
# hour. No access key is stored.

resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.url}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "review" {
  name               = "${var.project}-ci-review${local.suffix}"
  path               = var.role_path
  description        = "GitHub Actions: reads what is deployed, for the plans of pull requests."
  assume_role_policy = data.aws_iam_policy_document.trust["review"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role" "plan" {
  name               = "${var.project}-ci-plan${local.suffix}"
  path               = var.role_path
  description        = "GitHub Actions: reads what is deployed, for plans; changes nothing."
  assume_role_policy = data.aws_iam_policy_document.trust["plan"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role" "apply" {
  for_each = local.environments

  name               = "${var.project}-ci-apply-${each.key}${local.suffix}"
  path               = var.role_path
  description        = "GitHub Actions: deploys ${each.key}, in a job of that environment."
  assume_role_policy = data.aws_iam_policy_document.trust["apply-${each.key}"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

# The long documents are managed policies: IAM limits all inline policies of a role to 10,240 characters together, and
# each managed policy to 6,144.
locals {
  policies = merge(
    { read = { does = "reads what is deployed", document = data.aws_iam_policy_document.read["*"] } },
    {
      for environment in var.environments :
      "${environment}-read" => { does = "reads what is deployed as ${environment}", document = data.aws_iam_policy_document.read[environment] }
    },
    {
      for environment in var.environments :
      "${environment}-write" => { does = "makes, changes and removes what is deployed as ${environment}", document = data.aws_iam_policy_document.write[environment] }
    },
    {
      for environment in var.environments :
      "${environment}-identity" => { does = "makes, changes and removes what identifies clients of ${environment}", document = data.aws_iam_policy_document.identity[environment] }
    },
  )
}

resource "aws_iam_policy" "ci" {
  for_each = local.policies

  name        = "${var.project}-ci-${each.key}${local.suffix}"
  path        = var.role_path
  description = "GitHub Actions: ${each.value.does}."
  policy      = each.value.document.minified_json

  lifecycle {
    precondition {
      condition     = length(each.value.document.minified_json) <= 6144
      error_message = "The policy is longer than IAM's 6,144 characters: choose a shorter project name or fewer environments and keys."
    }
  }
}

resource "aws_iam_role_policy_attachment" "review" {
  role       = aws_iam_role.review.name
  policy_arn = aws_iam_policy.ci["read"].arn
}

resource "aws_iam_role_policy" "review" {
  name   = "state"
  role   = aws_iam_role.review.name
  policy = data.aws_iam_policy_document.review_state.json
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.plan.name
  policy_arn = aws_iam_policy.ci["read"].arn
}

resource "aws_iam_role_policy" "plan" {
  name   = "state"
  role   = aws_iam_role.plan.name
  policy = data.aws_iam_policy_document.plan_state.json
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = { for pair in setproduct(var.environments, ["read", "write", "identity"]) : join("-", pair) => pair[0] }

  role       = aws_iam_role.apply[each.value].name
  policy_arn = aws_iam_policy.ci[each.key].arn
}

resource "aws_iam_role_policy" "apply" {
  for_each = merge([
    for environment in var.environments : {
      "${environment}-state" = { environment = environment, name = "state", policy = data.aws_iam_policy_document.apply_state[environment].json }
      "${environment}-roles" = { environment = environment, name = "roles", policy = data.aws_iam_policy_document.roles[environment].json }
    }
  ]...)

  name   = each.value.name
  role   = aws_iam_role.apply[each.value.environment].name
  policy = each.value.policy
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.project}-boundary${local.suffix}"
  path        = var.role_path
  description = "Permissions boundary of the roles of ${var.project}."
  policy      = data.aws_iam_policy_document.boundary.minified_json

  lifecycle {
    precondition {
      condition     = length(data.aws_iam_policy_document.boundary.minified_json) <= 6144
      error_message = "The boundary is longer than IAM's 6,144 characters: choose a shorter project name or fewer environments and keys."
    }
  }
}
