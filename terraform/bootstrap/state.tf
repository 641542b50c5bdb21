locals {
  bucket     = "${var.project}-state-${var.account_id}-${var.region}"
  bucket_arn = "arn:${data.aws_partition.this.partition}:s3:::${local.bucket}"
}

# A state contains the settings of the functions, including the system prompt. Only the roles of the workflows and
# administrators of the account can read it.
resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18:Access logs need a second bucket; CloudTrail data events show who read a state
  #checkov:skip=CKV_AWS_144:The deployment is in the same region, so a copy of its state elsewhere has no use without it
  #checkov:skip=CKV_AWS_145:SSE-S3 encrypts; a customer managed key would need permissions for all roles
  #checkov:skip=CKV2_AWS_62:Nothing reacts to a change of a state
  bucket = local.bucket

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  # 90 days are enough to notice a lost state.
  rule {
    id     = "former-states"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # A plan that was not approved within a week is out of date.
  dynamic "rule" {
    for_each = var.environments

    content {
      id     = "plans-${rule.value}"
      status = "Enabled"

      filter {
        prefix = "${rule.value}/plans/"
      }

      expiration {
        days = 7
      }

      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyEncryptedConnections"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.state]
}
