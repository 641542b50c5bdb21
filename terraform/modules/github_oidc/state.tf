# Permissions on the state bucket. A review reads the states; a plan also locks them and stores the plan that waits for
# approval; an apply writes the state of its environment.

data "aws_iam_policy_document" "review_state" {
  # S3 says "not found" instead of "forbidden" only to those who may list the bucket: a first plan has no state yet.
  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [var.state_bucket_arn]
  }

  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = local.arns["*"].states
  }
}

data "aws_iam_policy_document" "plan_state" {
  source_policy_documents = [data.aws_iam_policy_document.review_state.json]

  statement {
    sid       = "LockState"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = local.arns["*"].locks
  }

  # A saved plan is accepted only with its checksum, which the workflow passes outside the bucket.
  statement {
    sid       = "KeepPlan"
    actions   = ["s3:PutObject"]
    resources = local.arns["*"].plans
  }
}

data "aws_iam_policy_document" "apply_state" {
  for_each = local.environments

  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [var.state_bucket_arn]
  }

  statement {
    sid       = "WriteState"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = each.value.states
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = each.value.locks
  }

  statement {
    sid       = "TakePlan"
    actions   = ["s3:GetObject"]
    resources = each.value.plans
  }
}
