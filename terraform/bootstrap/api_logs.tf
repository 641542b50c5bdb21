# API Gateway writes a WebSocket stage's access log by one role for the whole account and region, so it belongs to no
# environment.

data "aws_iam_policy_document" "api_logs_trust" {
  statement {
    sid     = "ApiGatewayOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "api_logs" {
  count = var.api_log_role_arn == null ? 1 : 0

  name               = "${var.project}-ci-api-logs"
  description        = "API Gateway: writes access logs. One for the account and region."
  assume_role_policy = data.aws_iam_policy_document.api_logs_trust.json
}

# AWS's own policy for this: API Gateway refuses a role that has less.
resource "aws_iam_role_policy_attachment" "api_logs" {
  count = var.api_log_role_arn == null ? 1 : 0

  role       = aws_iam_role.api_logs[0].name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "logs" {
  count = var.api_log_role_arn == null ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_logs[0].arn

  depends_on = [aws_iam_role_policy_attachment.api_logs]
}
