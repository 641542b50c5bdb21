output "names" {
  description = "Name of each table in AWS."
  value       = { for key, table in aws_dynamodb_table.this : key => table.name }
}

output "arns" {
  description = "ARN of each table."
  value       = { for key, table in aws_dynamodb_table.this : key => table.arn }
}
