# Only $connect can have an authorizer; its result is valid for the whole connection ("Control access to WebSocket APIs
# with AWS Lambda REQUEST authorizers"). WebSocket APIs do not cache results.
resource "aws_apigatewayv2_authorizer" "this" {
  api_id          = aws_apigatewayv2_api.this.id
  name            = var.authorizer.function_name
  authorizer_type = "REQUEST"
  authorizer_uri  = var.authorizer.invoke_arn

  # identity_sources is left out: API Gateway refuses a request in which one of the sources is missing, and a credential
  # is in one of three places only.
}

resource "aws_lambda_permission" "authorizer" {
  statement_id  = "ApiGateway-authorizer"
  action        = "lambda:InvokeFunction"
  function_name = var.authorizer.function_name
  qualifier     = var.authorizer.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.this.id}"
}
