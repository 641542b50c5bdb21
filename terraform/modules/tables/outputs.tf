output "names" {
  description = "Name of each table in AWS."
  value       = { for key, table in aws_dynamodb_table.this : key => table.name }
}

output "stream_arns" {
  description = "ARN of the stream of each table that has one."
  value       = { for key, table in aws_dynamodb_table.this : key => table.stream_arn if var.tables[key].stream != null }
}

output "arns" {
  description = "ARN of each table."
  value       = { for key, table in aws_dynamodb_table.this : key => table.arn }
}
