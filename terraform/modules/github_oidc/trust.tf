# Trust policies: the jobs that may assume each role. The subject of a token names the environment of its job, or else
# its branch or the pull request. A job of an environment could run on any branch, so the branch is compared too; the
# number of the repository stays the same when a repository of another owner gets its name. GitHub issues no tokens to
# pull requests from forks.

locals {
  jobs = merge(
    {
      review = { subject = "pull_request", ref = null }
      plan   = { subject = "ref:refs/heads/${var.branch}", ref = "refs/heads/${var.branch}" }
    },
    {
      for environment in var.environments :
      "apply-${environment}" => { subject = "environment:${environment}", ref = "refs/heads/${var.branch}" }
    },
  )
}

data "aws_iam_policy_document" "trust" {
  for_each = local.jobs

  statement {
    sid     = "JobsOfTheRepository"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    dynamic "condition" {
      for_each = {
        for claim, value in {
          aud           = "sts.amazonaws.com"
          sub           = "${var.subject}:${each.value.subject}"
          repository_id = var.repository_id
          ref           = each.value.ref
        } : claim => value if value != null
      }

      content {
        test     = "StringEquals"
        variable = "${local.url}:${condition.key}"
        values   = [condition.value]
      }
    }
  }
}
