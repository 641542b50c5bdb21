output "boundary_arn" {
  description = "ARN for the variable `permissions_boundary` of the root module."
  value       = aws_iam_policy.boundary.arn
}

output "roles" {
  description = "ARNs of the roles of GitHub's jobs: plan and apply."
  value = {
    plan  = aws_iam_role.plan.arn
    apply = aws_iam_role.apply.arn
  }
}

output "policies" {
  description = "Policies of the roles and the boundary, as JSON."
  value = {
    read        = data.aws_iam_policy_document.read.json
    write       = data.aws_iam_policy_document.write.json
    identity    = data.aws_iam_policy_document.identity.json
    roles       = data.aws_iam_policy_document.roles.json
    plan_state  = data.aws_iam_policy_document.plan_state.json
    apply_state = data.aws_iam_policy_document.apply_state.json
    boundary    = data.aws_iam_policy_document.boundary.json
  }
}
