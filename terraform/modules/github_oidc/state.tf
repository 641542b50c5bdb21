# The state bucket. Planning reads the state and locks it; the plan that waits for prod's approval lies beside it.

data "aws_iam_policy_document" "plan_state" {
  source_policy_documents = [data.aws_iam_policy_document.read_state.json]

  # A saved plan is worth nothing without its checksum, which the workflow carries past the bucket.
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
