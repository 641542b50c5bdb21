terraform {
  required_version = ">= 1.10" # the S3 backend's own lock file

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}
