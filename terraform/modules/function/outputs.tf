output "function_name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "alias" {
  description = "The alias that is called."
  value       = aws_lambda_alias.live.name
}

output "alias_arn" {
  description = "The alias's ARN."
  value       = aws_lambda_alias.live.arn
}

output "invoke_arn" {
  description = "How API Gateway calls the alias."
  value       = aws_lambda_alias.live.invoke_arn
}

output "version" {
  description = "The version that is deployed."
  value       = aws_lambda_function.this.version
}

output "log_group" {
  description = "The function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "environment" {
  description = "The variables it has."
  value       = one(aws_lambda_function.this.environment).variables
}

output "policy" {
  description = "What its role may do, as JSON."
  value       = data.aws_iam_policy_document.this.json
}

output "configuration" {
  description = "How it is run."
  value = {
    runtime              = aws_lambda_function.this.runtime
    architecture         = one(aws_lambda_function.this.architectures)
    timeout              = aws_lambda_function.this.timeout
    memory               = aws_lambda_function.this.memory_size
    log_format           = one(aws_lambda_function.this.logging_config).log_format
    reserved_concurrency = aws_lambda_function.this.reserved_concurrent_executions
  }
}
