output "dashboard_url" {
  description = "The dashboard in the AWS console."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "names" {
  description = "The alarms."
  value = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name],
    [aws_cloudwatch_metric_alarm.slow.alarm_name, aws_cloudwatch_metric_alarm.waiting.alarm_name],
  ))
}

output "topic_arn" {
  description = "The topic the alarms are sent to, made here or given; null when nobody is told."
  value       = one(local.told)
}
