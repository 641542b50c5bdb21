# Modes of auth: what each creates, and what the functions get. Plans only, without AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_resource {
  target          = module.websocket_api.aws_apigatewayv2_api.this
  override_during = plan
  values = {
    id            = "a1b2c3"
    execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3"
  }
}

override_resource {
  target          = module.websocket_api.aws_apigatewayv2_authorizer.this
  override_during = plan
  values          = { id = "d4e5f6" }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["users"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users" }
}

override_resource {
  target          = module.user_pool[0].aws_cognito_user_pool.this
  override_during = plan
  values = {
    id       = "eu-central-1_Abc123"
    endpoint = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123"
  }
}

override_resource {
  target          = module.user_pool[0].aws_cognito_user_pool_client.this
  override_during = plan
  values          = { id = "client1" }
}

variables {
  environment = "test"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "tests/packages"
  auth_token  = "a-token-that-only-these-tests-know"
}

run "only_connect_has_the_authorizer" {
  command = plan

  assert {
    condition     = jsonencode(module.websocket_api.authorization) == jsonencode({ "$connect" = "CUSTOM", "$default" = "NONE", "$disconnect" = "NONE" })
    error_message = jsonencode(module.websocket_api.authorization)
  }

  # With an identity source, API Gateway would refuse the clients that use another place for their credential.
  assert {
    condition = jsonencode(module.websocket_api.authorizer) == jsonencode({
      caller           = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/authorizers/d4e5f6"
      id               = "d4e5f6"
      identity_sources = null
      route            = "d4e5f6"
      type             = "REQUEST"
    })
    error_message = jsonencode(module.websocket_api.authorizer)
  }
}

run "without_a_setting_the_mode_is_token" {
  command = plan

  assert {
    condition     = output.auth_mode == "token" && output.auth_token_parameter == "/longwire/test/auth-token" && output.user_pool == null
    error_message = "Without auth, the clients need the token of the parameter."
  }

  assert {
    condition = jsonencode(module.function["authorizer"].environment) == jsonencode({
      AUTH                 = "token"
      AUTH_TOKEN_PARAMETER = "/longwire/test/auth-token"
      USERS_TABLE          = "longwire-test-users"
    })
    error_message = jsonencode(module.function["authorizer"].environment)
  }

  assert {
    condition     = jsonencode({ for name, value in module.function["ingest"].environment : name => value if startswith(name, "AUTH") || name == "USERS_TABLE" }) == jsonencode({ AUTH = "token", USERS_TABLE = "longwire-test-users" })
    error_message = jsonencode(keys(module.function["ingest"].environment))
  }

  assert {
    condition     = jsonencode(module.function["ticket"].environment) == jsonencode({ USERS_TABLE = "longwire-test-users" })
    error_message = jsonencode(module.function["ticket"].environment)
  }
}

run "the_plan_does_not_contain_the_token" {
  command = plan

  # The values of arguments that the configuration leaves out.
  override_resource {
    target          = aws_ssm_parameter.auth_token
    override_during = plan
    values          = { value = "left out", insecure_value = "left out" }
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.auth_token[0].value) == "left out" && aws_ssm_parameter.auth_token[0].insecure_value == "left out"
    error_message = "The token must not be an argument that plan and state contain."
  }

  # Terraform removes a write-only argument from plan and state.
  assert {
    condition     = aws_ssm_parameter.auth_token[0].value_wo == null && aws_ssm_parameter.auth_token[0].value_wo_version == 1
    error_message = "The token must be a write-only argument, with a version by which it is replaced."
  }

  assert {
    condition     = aws_ssm_parameter.auth_token[0].type == "SecureString"
    error_message = "The token must be encrypted."
  }
}

run "a_raised_version_replaces_the_token" {
  command = plan

  variables {
    auth_token_version = 2
  }

  assert {
    condition     = aws_ssm_parameter.auth_token[0].value_wo_version == 2
    error_message = "The version of the token must be the variable's."
  }
}

run "the_mode_token_needs_a_token" {
  command = plan

  variables {
    auth_token = null
  }

  expect_failures = [aws_ssm_parameter.auth_token]
}

run "an_issuer_makes_the_mode_oidc" {
  command = plan

  variables {
    auth       = { issuer = "https://login.example.com/tenant", audience = "chat", groups_claim = "roles" }
    auth_token = null
  }

  assert {
    condition = jsonencode(module.function["authorizer"].environment) == jsonencode({
      AUTH              = "oidc"
      AUTH_AUDIENCE     = "chat"
      AUTH_GROUPS_CLAIM = "roles"
      AUTH_ISSUER       = "https://login.example.com/tenant"
      USERS_TABLE       = "longwire-test-users"
    })
    error_message = jsonencode(module.function["authorizer"].environment)
  }

  assert {
    condition = jsonencode({ for name, value in module.function["ingest"].environment : name => value if startswith(name, "AUTH") }) == jsonencode({
      AUTH              = "oidc"
      AUTH_AUDIENCE     = "chat"
      AUTH_GROUPS_CLAIM = "roles"
      AUTH_ISSUER       = "https://login.example.com/tenant"
    })
    error_message = "ingest must accept the same tokens as the authorizer."
  }

  assert {
    condition     = output.auth_token_parameter == null && length(aws_ssm_parameter.auth_token) == 0
    error_message = "Only the mode token has a parameter."
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["authorizer"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-authorizer:*"]]
      AdmitUsers  = ["Allow", ["dynamodb:DeleteItem", "dynamodb:GetItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
    })
    error_message = "Only the mode token may read the parameter: ${module.function["authorizer"].policy}"
  }
}

run "a_groups_claim_that_is_not_set_is_left_out" {
  command = plan

  variables {
    auth = { mode = "oidc", issuer = "http://127.0.0.1:8080", audience = "chat" }
  }

  assert {
    condition     = jsonencode(keys(module.function["authorizer"].environment)) == jsonencode(["AUTH", "AUTH_AUDIENCE", "AUTH_ISSUER", "USERS_TABLE"])
    error_message = jsonencode(keys(module.function["authorizer"].environment))
  }
}

run "the_user_pool_is_the_identity_provider" {
  command = plan

  variables {
    auth       = { cognito = true, callback_urls = ["https://chat.example.com/"] }
    auth_token = null
  }

  assert {
    condition = jsonencode(module.function["authorizer"].environment) == jsonencode({
      AUTH              = "oidc"
      AUTH_AUDIENCE     = "client1"
      AUTH_GROUPS_CLAIM = "cognito:groups"
      AUTH_ISSUER       = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123"
      USERS_TABLE       = "longwire-test-users"
    })
    error_message = jsonencode(module.function["authorizer"].environment)
  }

  assert {
    condition = jsonencode(output.user_pool) == jsonencode({
      client_id = "client1"
      domain    = "longwire-test-123456789012"
      id        = "eu-central-1_Abc123"
      issuer    = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123"
    })
    error_message = jsonencode(nonsensitive(output.user_pool))
  }
}

run "none_lets_everybody_in_when_it_is_set" {
  command = plan

  variables {
    auth       = { mode = "none" }
    auth_token = null
    domain     = { name = "agent.example.com", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1" }
  }

  assert {
    condition     = jsonencode(module.function["authorizer"].environment) == jsonencode({ AUTH = "none", USERS_TABLE = "longwire-test-users" })
    error_message = jsonencode(module.function["authorizer"].environment)
  }

  assert {
    condition     = output.wscat == "npx wscat -c wss://agent.example.com -s longwire.v1"
    error_message = nonsensitive(output.wscat)
  }
}

run "none_is_refused_in_prod" {
  command = plan

  variables {
    environment = "prod"
    auth        = { mode = "none" }
  }

  expect_failures = [var.auth]
}

run "an_unknown_mode_is_refused" {
  command = plan

  variables {
    auth = { mode = "jwt" }
  }

  expect_failures = [var.auth]
}

run "oidc_needs_an_identity_provider" {
  command = plan

  variables {
    auth = { mode = "oidc" }
  }

  expect_failures = [var.auth]
}

run "an_issuer_needs_an_audience" {
  command = plan

  variables {
    auth = { issuer = "https://login.example.com" }
  }

  expect_failures = [var.auth]
}

run "an_audience_needs_an_issuer" {
  command = plan

  variables {
    auth = { audience = "chat" }
  }

  expect_failures = [var.auth]
}

run "an_issuer_without_tls_is_refused" {
  command = plan

  variables {
    auth = { issuer = "http://login.example.com", audience = "chat" }
  }

  expect_failures = [var.auth]
}

run "an_issuer_that_begins_like_this_machine_is_refused" {
  command = plan

  variables {
    auth = { issuer = "http://127.0.0.1.example.com", audience = "chat" }
  }

  expect_failures = [var.auth]
}

run "the_user_pool_excludes_another_issuer" {
  command = plan

  variables {
    auth = { cognito = true, issuer = "https://login.example.com", audience = "chat" }
  }

  expect_failures = [var.auth]
}

run "the_mode_token_takes_no_identity_provider" {
  command = plan

  variables {
    auth = { mode = "token", cognito = true }
  }

  expect_failures = [var.auth]
}

run "callback_urls_belong_to_the_user_pool" {
  command = plan

  variables {
    auth = { callback_urls = ["https://chat.example.com/"] }
  }

  expect_failures = [var.auth]
}

run "a_short_token_is_refused" {
  command = plan

  variables {
    auth_token = "secret"
  }

  expect_failures = [var.auth_token]
}

run "a_token_that_is_no_subprotocol_is_refused" {
  command = plan

  variables {
    auth_token = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IA=="
  }

  expect_failures = [var.auth_token]
}

run "a_version_is_a_whole_number" {
  command = plan

  variables {
    auth_token_version = 1.5
  }

  expect_failures = [var.auth_token_version]
}
