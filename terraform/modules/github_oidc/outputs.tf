output "boundary_arn" {
  description = "What the root module takes as `permissions_boundary`."
  value       = aws_iam_policy.boundary.arn
}

output "roles" {
  description = "The roles of GitHub's jobs: plan and apply."
  value = {
    plan  = aws_iam_role.plan.arn
    apply = aws_iam_role.apply.arn
  }
}
