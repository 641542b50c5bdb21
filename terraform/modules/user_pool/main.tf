# Cognito user pool of a deployment that has no identity provider of its own, and the public client of its applications.

locals {
  # Cognito requires an address to return to for every flow with a sign-in page.
  sign_in_page = length(var.callback_urls) > 0
}

resource "aws_cognito_user_pool" "this" {
  name                     = var.name
  tags                     = var.tags
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  # Nobody signs up: an administrator creates the users, because each of them causes costs for model calls.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  # Addresses that differ in upper and lower case only are the same user.
  username_configuration {
    case_sensitive = false
  }

  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = false
    temporary_password_validity_days = 7
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
}

# A public client has no secret, because a browser cannot keep one. Its authorization codes are protected by PKCE, which
# the application chooses in its request.
resource "aws_cognito_user_pool_client" "this" {
  name         = var.name
  user_pool_id = aws_cognito_user_pool.this.id

  generate_secret               = false
  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true

  supported_identity_providers         = ["COGNITO"]
  allowed_oauth_flows_user_pool_client = local.sign_in_page
  allowed_oauth_flows                  = local.sign_in_page ? ["code"] : null
  allowed_oauth_scopes                 = local.sign_in_page ? ["email", "openid"] : null
  callback_urls                        = local.sign_in_page ? var.callback_urls : null
}

# The sign-in page. Domains of all accounts of a region share one namespace, so this one contains the account's id.
resource "aws_cognito_user_pool_domain" "this" {
  count = local.sign_in_page ? 1 : 0

  domain       = "${var.name}-${var.account_id}"
  user_pool_id = aws_cognito_user_pool.this.id
}
