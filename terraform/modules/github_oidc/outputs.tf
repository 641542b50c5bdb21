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

output "policies" {
  description = "What the roles may do and the boundary allows, as JSON."
  value = {
    read        = data.aws_iam_policy_document.read.json
    write       = data.aws_iam_policy_document.write.json
    roles       = data.aws_iam_policy_document.roles.json
    plan_state  = data.aws_iam_policy_document.plan_state.json
    apply_state = data.aws_iam_policy_document.apply_state.json
    boundary    = data.aws_iam_policy_document.boundary.json
  }
}
