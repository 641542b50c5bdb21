output "identity_provider" {
  description = "Issuer of the tokens, the client's id, which a token names as its audience, and the claim with the groups of the user."
  value = {
    issuer       = "https://${aws_cognito_user_pool.this.endpoint}"
    audience     = aws_cognito_user_pool_client.this.id
    groups_claim = "cognito:groups"
  }
}

output "id" {
  description = "Id of the user pool."
  value       = aws_cognito_user_pool.this.id
}

output "domain" {
  description = "Prefix of the domain of the sign-in page; null without one."
  value       = one(aws_cognito_user_pool_domain.this[*].domain)
}
