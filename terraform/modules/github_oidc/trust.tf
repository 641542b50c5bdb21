# Trust policies: the jobs that may assume each role. The subject of a token names the environment of its job, or else
# its branch or the pull request. GitHub issues no tokens to pull requests from forks.

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
