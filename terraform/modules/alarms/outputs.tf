output "dashboard_url" {
  description = "Address of the dashboard in the AWS console, or of the alarms where there is no dashboard."
  value = join("", [
    "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}",
    var.dashboard ? "#dashboards/dashboard/${var.global_name}" : "#alarmsV2:?search=${var.name}-",
  ])
}

output "names" {
  description = "Names of all alarms."
  value = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name],
    [aws_cloudwatch_metric_alarm.slow.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.silent : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.waiting : alarm.alarm_name],
  ))
}

output "topic_arn" {
  description = "ARN of the topic that receives the alarms, created here or given; null without a recipient."
  value       = one(local.told)
}

output "budget_name" {
  description = "Name of the budget; null without one."
  value       = one([for budget in aws_budgets_budget.monthly : budget.name])
}
