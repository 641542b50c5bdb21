resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:The retention is a setting of the deployment (log_retention_days); the log contains no answers
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts all log groups; kms_key_arn sets a customer managed key

  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:Invoked synchronously by API Gateway, by a queue or a stream with a dead-letter queue, or by a schedule that repeats in a minute; push has a destination for failures
  #checkov:skip=CKV_AWS_117:It calls AWS services and public addresses only; the worker is in a VPC where its tools need one (the variable vpc)
  #checkov:skip=CKV_AWS_272:The workflows compare the checksums of the zip files, and attestations in public repositories; code signing would need a signing profile in every account

  function_name                  = var.name
  description                    = var.release
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  memory_size                    = var.memory
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  publish                        = true

  environment {
    variables = local.environment
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  lifecycle {
    precondition {
      condition     = local.planned_bytes <= local.most_bytes
      error_message = "The environment variables of ${var.name} have ${local.planned_bytes} bytes as JSON, with ${local.address_bytes} for each value that AWS chooses, and Lambda takes ${local.most_bytes}. Shorten what they contain: approvals, model_fields, user_limits, rooms, prompt_sources."
    }

    # Only an apply of a new deployment knows the addresses.
    precondition {
      condition     = length(replace(urlencode(jsonencode(local.environment)), "/%../", "x")) <= local.most_bytes
      error_message = "The environment variables of ${var.name} have more than the ${local.most_bytes} bytes that Lambda takes."
    }
  }

  # Lambda refuses an event source mapping until the role can read the queue.
  depends_on = [aws_iam_role_policy.this]
}

# Every trigger invokes this alias, so that a rollback only moves the alias.
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}
