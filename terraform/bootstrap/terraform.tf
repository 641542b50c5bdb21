# The state is local until scripts/bootstrap has created the bucket, and is then moved there.
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
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      project = var.project
      part    = "bootstrap"
    }
  }
}
