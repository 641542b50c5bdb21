output "boundary_arn" {
  description = "ARN for the variable `permissions_boundary` of the root module."
  value       = aws_iam_policy.boundary.arn
}

output "roles" {
  description = "ARNs of the roles of GitHub's jobs: review, plan, and apply-<environment>."
  value = merge(
    { review = aws_iam_role.review.arn, plan = aws_iam_role.plan.arn },
    { for environment, role in aws_iam_role.apply : "apply-${environment}" => role.arn },
  )
}

output "policies" {
  description = "Policies of the roles, by role and name, and the boundary, as JSON."
  value = {
    review = {
      read  = data.aws_iam_policy_document.read["*"].json
      state = data.aws_iam_policy_document.review_state.json
    }
    plan = {
      read  = data.aws_iam_policy_document.read["*"].json
      state = data.aws_iam_policy_document.plan_state.json
    }
    apply = {
      for environment in var.environments : environment => {
        read     = data.aws_iam_policy_document.read[environment].json
        write    = data.aws_iam_policy_document.write[environment].json
        identity = data.aws_iam_policy_document.identity[environment].json
        roles    = data.aws_iam_policy_document.roles[environment].json
        state    = data.aws_iam_policy_document.apply_state[environment].json
      }
    }
    boundary = data.aws_iam_policy_document.boundary.json
  }
}
