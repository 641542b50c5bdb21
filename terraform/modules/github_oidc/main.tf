# Identity of GitHub Actions in this account: a job exchanges its OIDC token for credentials of one of two roles, valid
# for one hour. No access key is stored.

resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.url}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "plan" {
  name               = "${var.project}-ci-plan"
  description        = "GitHub Actions: reads what is deployed, for plans; changes nothing."
  assume_role_policy = data.aws_iam_policy_document.trust["plan"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role" "apply" {
  name               = "${var.project}-ci-apply"
  description        = "GitHub Actions: deploys what is named ${var.project}-*, in a job of an environment."
  assume_role_policy = data.aws_iam_policy_document.trust["apply"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

# The long documents are managed policies: IAM limits all inline policies of a role to 10,240 characters together, and
# each managed policy to 6,144.
resource "aws_iam_policy" "ci" {
  for_each = {
    read     = { does = "reads what is deployed", document = data.aws_iam_policy_document.read }
    write    = { does = "makes, changes and removes what is deployed", document = data.aws_iam_policy_document.write }
    identity = { does = "makes, changes and removes what identifies clients", document = data.aws_iam_policy_document.identity }
  }

  name        = "${var.project}-ci-${each.key}"
  description = "GitHub Actions: ${each.value.does}."
  policy      = each.value.document.minified_json

  lifecycle {
    precondition {
      condition     = length(each.value.document.minified_json) <= 6144
      error_message = "The policy is longer than IAM's 6,144 characters: choose a shorter project name or fewer environments and keys."
    }
  }
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
  for_each = aws_iam_policy.ci

  role       = aws_iam_role.apply.name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "apply" {
  for_each = {
    state = data.aws_iam_policy_document.apply_state.json
    roles = data.aws_iam_policy_document.roles.json
  }

  name   = each.key
  role   = aws_iam_role.apply.name
  policy = each.value
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.project}-boundary"
  description = "Permissions boundary of the roles of ${var.project}."
  policy      = data.aws_iam_policy_document.boundary.json
}
