# Permissions on the state bucket. A plan reads and locks the state; the plan that waits for approval is stored there.

data "aws_iam_policy_document" "plan_state" {
  source_policy_documents = [data.aws_iam_policy_document.read_state.json]

  # A saved plan is accepted only with its checksum, which the workflow passes outside the bucket.
  statement {
    sid       = "KeepPlan"
    actions   = ["s3:PutObject"]
    resources = local.plans
  }
}

data "aws_iam_policy_document" "apply_state" {
  source_policy_documents = [data.aws_iam_policy_document.read_state.json]

  statement {
    sid       = "WriteState"
    actions   = ["s3:PutObject"]
    resources = local.states
  }

  statement {
    sid       = "TakePlan"
    actions   = ["s3:GetObject"]
    resources = local.plans
  }
}

data "aws_iam_policy_document" "read_state" {
  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [var.state_bucket_arn]
  }

  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = local.states
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = local.locks
  }
}
