output "id" {
  description = "The API."
  value       = aws_apigatewayv2_api.this.id
}

output "stage" {
  description = "The stage's name."
  value       = var.stage
}

output "url" {
  description = "Where clients connect."
  value       = var.domain == null ? aws_apigatewayv2_stage.this.invoke_url : "wss://${one(keys(local.domains))}"
}

output "callback_endpoint" {
  description = "Where connections are posted to: API Gateway's own name and the stage, whatever name clients use."
  value       = "${replace(aws_apigatewayv2_api.this.api_endpoint, "wss://", "https://")}/${var.stage}"
}

output "connections_arn" {
  description = "What a role must be allowed to post to this API's connections."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/POST/@connections/*"
}

output "access_log_group" {
  description = "The access log."
  value       = aws_cloudwatch_log_group.access.name
}

output "routes" {
  description = "The routes, and whether each answers its client."
  value       = { for key, route in aws_apigatewayv2_route.this : key => route.route_response_selection_expression != null }
}

output "access_log_format" {
  description = "What the access log holds of each message."
  value       = one(aws_apigatewayv2_stage.this.access_log_settings).format
}
