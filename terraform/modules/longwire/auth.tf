# How the authorizer knows who a client is: not at all (none), by one token of the deployment (token), or by the tokens
# of an identity provider (oidc).

locals {
  # The mode none lets everybody in, so it is never derived.
  auth_mode = coalesce(var.auth.mode, var.auth.cognito || var.auth.issuer != null ? "oidc" : "token")

  # Settings of the functions that accept credentials.
  auth_settings = {
    none  = { AUTH = "none" }
    token = { AUTH = "token" }
    oidc = var.auth.cognito ? { AUTH = "oidc" } : merge(
      {
        AUTH          = "oidc"
        AUTH_ISSUER   = var.auth.issuer
        AUTH_AUDIENCE = var.auth.audience
      },
      { for claim in var.auth.groups_claim[*] : "AUTH_GROUPS_CLAIM" => claim },
    )
  }[local.auth_mode]

  # The same of a user pool, whose names a plan knows, but not the values.
  user_pool_settings = merge([
    for pool in module.user_pool : {
      AUTH_ISSUER       = pool.identity_provider.issuer
      AUTH_AUDIENCE     = pool.identity_provider.audience
      AUTH_GROUPS_CLAIM = pool.identity_provider.groups_claim
    }
  ]...)
}

# The token of the mode token. value_wo is a write-only argument: neither a plan nor the state contains it. Terraform
# sends it when the parameter is created and when auth_token_version changes. The provider sends a change of any other
# argument but the tags without a value, which AWS refuses: raise auth_token_version in the same step.
resource "aws_ssm_parameter" "auth_token" {
  #checkov:skip=CKV_AWS_337:Encrypted with the AWS managed key; a customer managed key would need permissions for the roles of GitHub Actions

  count = local.auth_mode == "token" ? 1 : 0

  name             = "/${var.project}/${var.environment}/auth-token"
  description      = "Token of the clients of ${local.name}."
  type             = "SecureString"
  value_wo         = var.auth_token
  value_wo_version = var.auth_token_version

  lifecycle {
    precondition {
      condition     = var.auth_token != null
      error_message = "The mode token needs auth_token in every plan and apply: export TF_VAR_auth_token=\"$(openssl rand -hex 32)\". It is written when the parameter is created and when auth_token_version is raised. For another mode, set auth."
    }
  }
}

module "user_pool" {
  source = "../user_pool"
  count  = var.auth.cognito ? 1 : 0

  name                = local.name
  account_id          = local.account_id
  tags                = local.tags
  callback_urls       = var.auth.callback_urls
  deletion_protection = var.deletion_protection
}
