output "state_bucket" {
  description = "Bucket with the states of the environments and of this module."
  value       = aws_s3_bucket.state.bucket
}

output "roles" {
  description = "ARNs of the roles of GitHub's jobs: review, plan, and apply-<environment>."
  value       = module.github_oidc.roles
}

output "permissions_boundary" {
  description = "ARN for the variable `permissions_boundary` of the root module."
  value       = module.github_oidc.boundary_arn
}
