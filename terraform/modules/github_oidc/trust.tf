# Which jobs may become which role. GitHub writes the job's environment into the token's subject; a job without one
# is named by its branch, or by being of a pull request. Tokens of pull requests from forks are never issued.

locals {
  subjects = {
    plan  = ["${var.subject}:pull_request", "${var.subject}:ref:refs/heads/${var.branch}"]
    apply = [for environment in sort(var.environments) : "${var.subject}:environment:${environment}"]
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    sid     = "JobsOfTheRepository"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.url}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.url}:sub"
      values   = each.value
    }
  }
}
