# A budget of the whole account: a budget by tag has no data until the tag is activated for billing.
resource "aws_budgets_budget" "monthly" {
  for_each = var.budget == null ? {} : { monthly = var.budget.usd_per_month }

  name         = "${var.global_name}-${each.key}"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(each.value)
  limit_unit   = "USD"

  dynamic "notification" {
    for_each = toset(["FORECASTED", "ACTUAL"])
    content {
      notification_type          = notification.value
      comparison_operator        = "GREATER_THAN"
      threshold                  = 100
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.email == null ? [] : [var.email]
      subscriber_sns_topic_arns  = var.email == null ? [var.topic_arn] : []
    }
  }
}
