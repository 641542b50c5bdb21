resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the deployment's choice (log_retention_days); they hold no answers
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts in any case; a key of one's own is kms_key_arn

  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:Called by API Gateway, which waits, by a queue that has dead letters, or again in a minute
  #checkov:skip=CKV_AWS_117:It reaches AWS's own services and public addresses only; a network of one's own adds a gateway and no wall
  #checkov:skip=CKV_AWS_272:The zip's origin is attested where it is built; signing would need a signer in every account

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
    variables = var.environment
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # An event source mapping is refused as long as the role may not read its queue.
  depends_on = [aws_iam_role_policy.this]
}

# What calls the function calls this, so that a rollback is one move of the alias.
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}
