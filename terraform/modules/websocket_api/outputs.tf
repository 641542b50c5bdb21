output "id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
}

output "stage" {
  description = "Name of the stage."
  value       = var.stage
}

output "url" {
  description = "WebSocket URL for clients."
  value       = var.domain == null ? aws_apigatewayv2_stage.this.invoke_url : "wss://${one(keys(local.domains))}"
}

output "callback_endpoint" {
  description = "Address for posts to connections: the custom domain, whose mapping contains the stage, or the name that API Gateway assigned, and the stage."
  value = (
    var.domain == null
    ? "${replace(aws_apigatewayv2_api.this.api_endpoint, "wss://", "https://")}/${var.stage}"
    : "https://${one(keys(local.domains))}"
  )

  # The functions get the domain when it leads to the API.
  depends_on = [aws_apigatewayv2_api_mapping.this, aws_route53_record.this]
}

output "default_endpoint" {
  description = "Whether the name that API Gateway assigned accepts clients and posts."
  value       = !aws_apigatewayv2_api.this.disable_execute_api_endpoint
}

output "connections_arn" {
  description = "Resource of execute-api:ManageConnections for posts to connections of this API."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/POST/@connections/*"
}

output "closing_arn" {
  description = "Resource of execute-api:ManageConnections for closing connections of this API."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/DELETE/@connections/*"
}

output "access_log_group" {
  description = "Log group of the access log."
  value       = aws_cloudwatch_log_group.access.name
}

output "routes" {
  description = "Routes, and whether each returns a response to the client."
  value       = { for key, route in aws_apigatewayv2_route.this : key => route.route_response_selection_expression != null }
}

output "authorization" {
  description = "Authorization of each route."
  value       = { for key, route in aws_apigatewayv2_route.this : key => route.authorization_type }
}

output "authorizer" {
  description = "Authorizer: its id, the authorizer of the route $connect, its type and identity sources, and the ARN that may invoke its function."
  value = {
    id               = aws_apigatewayv2_authorizer.this.id
    route            = aws_apigatewayv2_route.this["$connect"].authorizer_id
    type             = aws_apigatewayv2_authorizer.this.authorizer_type
    identity_sources = aws_apigatewayv2_authorizer.this.identity_sources
    caller           = aws_lambda_permission.authorizer.source_arn
  }
}

output "access_log_format" {
  description = "Format of a line of the access log."
  value       = one(aws_apigatewayv2_stage.this.access_log_settings).format
}
