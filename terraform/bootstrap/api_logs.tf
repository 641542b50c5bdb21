# API Gateway writes access logs of WebSocket stages with one role per account and region, so the role belongs to no
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

  name               = "${var.project}-ci-api-logs${var.region_in_names ? "-${var.region}" : ""}"
  path               = var.role_path
  description        = "API Gateway: writes access logs. One role per account and region."
  assume_role_policy = data.aws_iam_policy_document.api_logs_trust.json
}

# The AWS managed policy for this purpose; API Gateway refuses a role with fewer permissions.
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
