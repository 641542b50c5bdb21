output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "alias" {
  description = "Name of the alias that triggers invoke."
  value       = aws_lambda_alias.live.name
}

output "alias_arn" {
  description = "ARN of the alias."
  value       = aws_lambda_alias.live.arn
}

output "invoke_arn" {
  description = "ARN by which API Gateway invokes the alias."
  value       = aws_lambda_alias.live.invoke_arn
}

output "version" {
  description = "Deployed version."
  value       = aws_lambda_function.this.version
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "environment" {
  description = "Environment variables of the function."
  value       = one(aws_lambda_function.this.environment).variables
}

output "role" {
  description = "Name and path of the role."
  value = {
    name = aws_iam_role.this.name
    path = aws_iam_role.this.path
  }
}

output "environment_bytes" {
  description = "Bytes of the environment variables as JSON, as a plan counts them: values that AWS chooses have their maximum."
  value       = local.planned_bytes
}

output "policy" {
  description = "Policy of the role, as JSON."
  value       = data.aws_iam_policy_document.this.json
}

output "configuration" {
  description = "Runtime configuration of the function."
  value = {
    runtime              = aws_lambda_function.this.runtime
    architecture         = one(aws_lambda_function.this.architectures)
    timeout              = aws_lambda_function.this.timeout
    memory               = aws_lambda_function.this.memory_size
    log_format           = one(aws_lambda_function.this.logging_config).log_format
    subnet_ids           = flatten(aws_lambda_function.this.vpc_config[*].subnet_ids)
    reserved_concurrency = aws_lambda_function.this.reserved_concurrent_executions
  }
}
