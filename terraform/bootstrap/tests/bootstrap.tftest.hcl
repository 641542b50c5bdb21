# The bucket, what is made once for an account, and what the variables refuse.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  account_id = "123456789012"
  region     = "eu-central-1"
  subject    = "repo:acme/longwire"
}

run "bucket" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "longwire-state-123456789012-eu-central-1"
    error_message = "The workflows find the bucket by this name."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "A state that was overwritten can be had back."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "Nothing of it is public."
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.state.rule : rule.id => try(rule.expiration[0].days, null)
      } == {
      former-states = null
      plans-dev     = 7
      plans-prod    = 7
    }
    error_message = "Plans go after a week; a state is never expired."
  }

  assert {
    condition = [
      for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement :
      [statement.Effect, statement.Condition]
    ] == [["Deny", { Bool = { "aws:SecureTransport" = "false" } }]]
    error_message = "Only encrypted connections."
  }

  assert {
    condition     = length(aws_api_gateway_account.logs) == 1
    error_message = "A stage's access log needs the account's log role."
  }
}

run "a_log_role_that_exists_is_kept" {
  command = plan

  variables {
    api_log_role_arn = "arn:aws:iam::123456789012:role/api-gateway-logs"
  }

  assert {
    condition     = length(aws_api_gateway_account.logs) == 0 && length(aws_iam_role.api_logs) == 0
    error_message = "The setting is the whole account's: what others set stays."
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

run "a_region_by_its_city_is_refused" {
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

run "an_environment_named_as_the_workflows_roles_is_refused" {
  command = plan

  variables {
    environments = ["dev", "ci"]
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
