# The state bucket, the resources of an account, and the values that the variables refuse.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  account_id    = "123456789012"
  region        = "eu-central-1"
  subject       = "repo:acme/longwire"
  repository_id = "22"
  # The values that bootstrap.auto.tfvars may have.
  project          = "longwire"
  environments     = ["dev", "prod"]
  branch           = "main"
  api_log_role_arn = null
}

run "bucket" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "longwire-state-123456789012-eu-central-1"
    error_message = "The workflows expect this name of the bucket."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket must keep former versions of a state."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "The bucket must block all public access."
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.state.rule : rule.id => try(rule.expiration[0].days, null)
      } == {
      former-states = null
      plans-dev     = 7
      plans-prod    = 7
    }
    error_message = "Plans must expire after a week, and states never."
  }

  assert {
    condition = [
      for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement :
      [statement.Effect, statement.Condition]
    ] == [["Deny", { Bool = { "aws:SecureTransport" = "false" } }]]
    error_message = "The bucket must refuse unencrypted connections."
  }

  assert {
    condition     = length(aws_api_gateway_account.logs) == 1
    error_message = "The access log of a stage needs the log role of the account."
  }
}

run "a_log_role_that_exists_is_kept" {
  command = plan

  variables {
    api_log_role_arn = "arn:aws:iam::123456789012:role/api-gateway-logs"
  }

  assert {
    condition     = length(aws_api_gateway_account.logs) == 0 && length(aws_iam_role.api_logs) == 0
    error_message = "An existing log role of the account must be kept."
  }
}

run "immutable_subject" {
  command = plan

  variables {
    subject = "repo:acme@11/longwire@22"
  }
}

run "a_subject_with_a_wildcard_is_refused" {
  command = plan

  variables {
    subject = "repo:acme/*"
  }

  expect_failures = [var.subject]
}

run "a_bare_repository_is_refused" {
  command = plan

  variables {
    subject = "acme/longwire"
  }

  expect_failures = [var.subject]
}

run "a_short_account_is_refused" {
  command = plan

  variables {
    account_id = "12345"
  }

  expect_failures = [var.account_id]
}

run "a_city_is_refused_as_region" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "a_project_with_capitals_is_refused" {
  command = plan

  variables {
    project = "Longwire"
  }

  expect_failures = [var.project]
}

run "an_environment_with_the_name_ci_is_refused" {
  command = plan

  variables {
    environments = ["dev", "ci"]
  }

  expect_failures = [var.environments]
}

run "an_environment_with_the_name_of_the_states_own_folder_is_refused" {
  command = plan

  variables {
    environments = ["dev", "bootstrap"]
  }

  expect_failures = [var.environments]
}

run "a_branch_pattern_is_refused" {
  command = plan

  variables {
    branch = "release/*"
  }

  expect_failures = [var.branch]
}
