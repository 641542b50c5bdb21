# One environment in two regions of an account, called from a root of your own. The first region is deployed as terraform/ would;
# in the second, the names that an account has once end in the region. The zip files are built before: ./scripts/build.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = { team = "assistants", cost-centre = "4711" }
}

module "longwire_eu" {
  # Outside this repository: "git::https://github.com/<owner>/<name>.git//terraform/modules/longwire?ref=<commit>"
  source = "../../modules/longwire"

  environment = "prod"
  model_id    = "eu.anthropic.claude-sonnet-5-5"
  packages    = var.packages
  release     = var.release
  auth        = { issuer = "https://login.example.com", audience = "chat" }

  # Tools of the worker reach private addresses.
  vpc = { subnet_ids = var.subnet_ids, security_group_ids = var.security_group_ids }

  kms_key_arn          = var.kms_key_arn
  role_path            = "/assistants/"
  permissions_boundary = var.permissions_boundaries.eu
  alarms               = { email = "team@example.com" }
}

module "longwire_us" {
  source    = "../../modules/longwire"
  providers = { aws = aws.us }

  environment     = "prod"
  region_in_names = true
  model_id        = "us.anthropic.claude-sonnet-5-5"
  packages        = var.packages
  release         = var.release
  auth            = { issuer = "https://login.example.com", audience = "chat" }

  role_path            = "/assistants/"
  permissions_boundary = var.permissions_boundaries.us
  alarms               = { email = "team@example.com" }
}
