output "state_bucket" {
  description = "Where the environments' states are kept, and this one's."
  value       = aws_s3_bucket.state.bucket
}

output "roles" {
  description = "The roles of GitHub's jobs: plan and apply."
  value       = module.github_oidc.roles
}

output "permissions_boundary" {
  description = "What the root module takes as `permissions_boundary`."
  value       = module.github_oidc.boundary_arn
}
