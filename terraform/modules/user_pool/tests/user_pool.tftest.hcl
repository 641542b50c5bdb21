# Settings of the user pool and of its client.

mock_provider "aws" {}

variables {
  name                = "longwire-test"
  tags                = { project = "longwire", environment = "test" }
  account_id          = "123456789012"
  callback_urls       = ["https://chat.example.com/"]
  deletion_protection = true
}

run "users_are_created_by_an_administrator" {
  command = plan

  assert {
    condition     = one(aws_cognito_user_pool.this.admin_create_user_config).allow_admin_create_user_only
    error_message = "Nobody may sign up: every user causes costs for model calls."
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "With deletion_protection, the pool must refuse its deletion."
  }
}

run "the_client_is_public" {
  command = plan

  assert {
    condition     = !aws_cognito_user_pool_client.this.generate_secret
    error_message = "A browser cannot keep a secret."
  }

  # The implicit flow would put tokens into the address of the page.
  assert {
    condition     = aws_cognito_user_pool_client.this.allowed_oauth_flows == toset(["code"])
    error_message = "The authorization code flow must be the only one."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.explicit_auth_flows == toset(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
    error_message = "No flow may send the password itself."
  }

  assert {
    condition     = one(aws_cognito_user_pool_domain.this).domain == "longwire-test-123456789012"
    error_message = "The sign-in page needs a domain that is unique in the region."
  }
}

run "without_a_callback_url_there_is_no_sign_in_page" {
  command = plan

  variables {
    callback_urls       = []
    deletion_protection = false
  }

  assert {
    condition     = !aws_cognito_user_pool_client.this.allowed_oauth_flows_user_pool_client && length(aws_cognito_user_pool_domain.this) == 0
    error_message = "A sign-in page without an address to return to is refused by Cognito."
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "INACTIVE"
    error_message = "Without deletion_protection, the pool can be deleted."
  }
}
