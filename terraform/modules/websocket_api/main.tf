resource "aws_apigatewayv2_api" "this" {
  name                       = var.name
  tags                       = var.tags
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
  # A custom domain is then the only address: the name that API Gateway assigned refuses clients and posts.
  disable_execute_api_endpoint = var.domain != null
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = var.routes

  api_id           = aws_apigatewayv2_api.this.id
  integration_type = "AWS_PROXY"
  integration_uri  = each.value.invoke_arn
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:API Gateway authorizes a connection once, at $connect; other routes cannot have an authorizer

  for_each = var.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
  authorization_type = each.key == "$connect" ? "CUSTOM" : "NONE"
  authorizer_id      = each.key == "$connect" ? aws_apigatewayv2_authorizer.this.id : null

  # Without it API Gateway does not return the response of the function to the client ("Setting up a route response").
  route_response_selection_expression = each.value.responds ? "$default" : null
}

resource "aws_apigatewayv2_route_response" "this" {
  for_each = { for key, route in var.routes : key => route if route.responds }

  api_id             = aws_apigatewayv2_api.this.id
  route_id           = aws_apigatewayv2_route.this[each.key].id
  route_response_key = "$default"
}

resource "aws_lambda_permission" "this" {
  for_each = var.routes

  statement_id  = "ApiGateway-${trimprefix(each.key, "$")}"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  qualifier     = each.value.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/${each.key}"
}
