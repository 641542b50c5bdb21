output "names" {
  description = "Each table's name in AWS."
  value       = { for key, table in aws_dynamodb_table.this : key => table.name }
}

output "arns" {
  description = "Each table's ARN."
  value       = { for key, table in aws_dynamodb_table.this : key => table.arn }
}
